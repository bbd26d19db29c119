"""All losses of one chunk, as named tensors (Wang et al. 2018, Eq. 5-8).

Nothing here steps or calls backward. Gradients of the generator's losses do not reach the
discriminators' weights, and the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor, nn

from examples.vid2vid.clips import Clip
from examples.vid2vid.config import ObjectiveConfig
from vidgan.discriminators import ImageDiscriminator, RegionDiscriminator, VideoDiscriminator
from vidgan.functional import masked_l1, temporal_context, temporal_groups
from vidgan.losses import (
    AdversarialLoss,
    FeatureMatchingLoss,
    FlowLoss,
    PerceptualLoss,
    TemporalLoss,
    WarpLoss,
)
from vidgan.outputs import PatchOutput, RolloutOutput


class Losses(NamedTuple):
    """Named losses of one chunk, weights applied: the sum of each dict is what is minimized."""

    generator: dict[str, Tensor]
    image_discriminator: dict[str, Tensor]
    video_discriminators: list[dict[str, Tensor]]
    region_discriminator: dict[str, Tensor] | None = None

    @property
    def discriminators(self) -> list[dict[str, Tensor]]:
        """Those of the discriminators, in the order of `Objective.discriminators`."""
        terms = [self.image_discriminator, *self.video_discriminators]
        return terms if self.region_discriminator is None else [*terms, self.region_discriminator]

    def named(self) -> dict[str, float]:
        """Return all losses as numbers."""
        parts = (self.generator, *self.discriminators)
        return {name: float(loss.detach()) for part in parts for name, loss in part.items()}


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Record no gradient for the module's weights; its inputs keep theirs."""
    trained = [weight for weight in module.parameters() if weight.requires_grad]
    for weight in trained:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in trained:
            weight.requires_grad_(True)


class Objective(nn.Module):
    """Computes every loss of a chunk from the weights as they are.

    Args:
        image_discriminator: D_I.
        video_discriminators: one D_V per temporal rate, rate 0 first.
        config: weights of the terms.
        perceptual: the perceptual loss, or None.
        region_discriminator: judges one region of each frame, such as the face; or None.
    """

    def __init__(
        self,
        image_discriminator: ImageDiscriminator,
        video_discriminators: Sequence[VideoDiscriminator],
        config: ObjectiveConfig,
        perceptual: PerceptualLoss | None = None,
        region_discriminator: RegionDiscriminator | None = None,
    ) -> None:
        super().__init__()
        self.image_discriminator = image_discriminator
        self.video_discriminators = nn.ModuleList(video_discriminators)
        self.region_discriminator = region_discriminator
        self.config = config
        self.perceptual = perceptual
        self.adversarial = AdversarialLoss(config.adversarial)
        self.matching = FeatureMatchingLoss(weight=config.feature_matching_weight)
        self.flow = FlowLoss(weight=config.flow_weight)
        self.warp = WarpLoss(weight=config.warp_weight)
        self.temporal = TemporalLoss(weight=config.temporal_weight)

    @property
    def history_length(self) -> int:
        """Frames before a chunk that its temporal groups may reach back to."""
        return temporal_context(self.config.video_frames, len(self.video_discriminators))

    @property
    def discriminators(self) -> list[nn.Module]:
        """All discriminators, in the order of the losses: D_I, every D_V, the region's if any."""
        networks = [self.image_discriminator, *self.video_discriminators]
        return (
            networks
            if self.region_discriminator is None
            else [*networks, self.region_discriminator]
        )

    def forward(
        self,
        output: RolloutOutput,
        real: Clip,
        history: Clip,
        fake_before: Tensor,
        *,
        rate_weights: Sequence[float] | None = None,
        num_scales: int = 1,
    ) -> Losses:
        """Compute the losses of a chunk.

        Args:
            output: the generated chunk of T frames.
            real: the same frames of the data.
            history: the frames before, at least the last one; those whose generated counterparts
                ``fake_before`` holds lie at its end.
            fake_before: generated frames before the chunk, detached, (B, N, 3, H, W), N >= 0.
            rate_weights: one for each video discriminator in use, rate 0 first; None: all, at 1.
            num_scales: spatial scales in use: flows are twice as long at each finer one, and
                their loss is divided by as much.
        """
        generator: dict[str, Tensor] = {}
        image: dict[str, Tensor] = {}
        takes = [("image", output.frames)]
        if self.config.hallucinated_losses == "all" and output.flows is not None:
            takes.append(("hallucinated", output.hallucinated))
        for name, frames in takes:
            for_generator, for_discriminator = self._image_terms(name, frames, real)
            generator |= for_generator
            image |= for_discriminator
        generator |= self._reconstruction_terms(output, real)
        generator |= self._motion_terms(output, real, history, fake_before)
        if "flow" in generator:
            generator["flow"] = generator["flow"] / 2 ** (num_scales - 1)
        video: list[dict[str, Tensor]] = [{} for _ in self.video_discriminators]
        weights = [1.0] * len(video) if rate_weights is None else rate_weights
        for rate, weight in enumerate(weights):
            for_generator, video[rate] = self._video_terms(
                rate, output.frames, real, history, fake_before
            )
            generator |= {name: weight * loss for name, loss in for_generator.items()}
        for_generator, region = self._region_terms(output.frames, real)
        return Losses(generator | for_generator, image, video, region)

    def _image_terms(
        self, name: str, frames: Tensor, real: Clip
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        conditions, reals, fakes = (
            rearrange(video, "B T C H W -> (B T) C H W")
            for video in (real.conditions, real.frames, frames)
        )
        discriminator = self.image_discriminator
        return self._adversarial_terms(
            name,
            discriminator,
            real=discriminator(conditions, reals),
            fake=discriminator(conditions, fakes.detach()),
            inputs=(conditions, fakes),
        )

    def _region_terms(
        self, frames: Tensor, real: Clip
    ) -> tuple[dict[str, Tensor], dict[str, Tensor] | None]:
        discriminator = self.region_discriminator
        if discriminator is None:
            return {}, None
        if real.regions is None:
            raise ValueError("region_size must be 0: the data have no region to look at")
        if not bool(real.regions.isfinite().all(-1).any()):
            return {}, {}
        conditions, reals, fakes = (
            rearrange(video, "B T C H W -> (B T) C H W")
            for video in (real.conditions, real.frames, frames)
        )
        boxes = rearrange(real.regions, "B T N -> (B T) N").to(frames)
        return self._adversarial_terms(
            "region",
            discriminator,
            real=discriminator(conditions, reals, boxes),
            fake=discriminator(conditions, fakes.detach(), boxes),
            inputs=(conditions, fakes, boxes),
        )

    def _video_terms(
        self, rate: int, frames: Tensor, real: Clip, history: Clip, fake_before: Tensor
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        chunk_length = frames.shape[1]
        past = min(fake_before.shape[1], self.history_length)
        stride = self.config.video_frames**rate

        def groups(before: Tensor, chunk: Tensor) -> Tensor:
            before = before[:, before.shape[1] - past :]
            video = temporal_groups(
                torch.cat([before, chunk], 1),
                chunk_length=chunk_length,
                num_frames=self.config.video_frames,
                rate=rate,
            )
            return rearrange(video, "B G K C H W -> (B G) K C H W")

        fakes = groups(fake_before, frames)
        if len(fakes) == 0:  # the clip is still too short for this rate
            return {}, {}
        reals = groups(history.frames, real.frames)
        flows = groups(history.flows[stride], real.flows[stride])[:, 1:]
        discriminator = self.video_discriminators[rate]
        return self._adversarial_terms(
            f"video{rate}",
            discriminator,
            real=discriminator(reals, flows),
            fake=discriminator(fakes.detach(), flows),
            inputs=(fakes, flows),
        )

    def _adversarial_terms(
        self,
        name: str,
        discriminator: nn.Module,
        *,
        real: tuple[PatchOutput, ...],
        fake: tuple[PatchOutput, ...],
        inputs: tuple[Tensor, ...],
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        with frozen(discriminator):
            judged = discriminator(*inputs)
        for_generator = {f"{name}_gan": self.adversarial(judged, real)}
        if self.config.feature_matching_weight:
            for_generator[f"{name}_matching"] = self.matching(judged, real)
        if self.config.adversarial == "lsgan":  # its two halves are worth watching on their own
            for_discriminator = {
                f"{name}_real": self.adversarial.real(real) / 2,
                f"{name}_fake": self.adversarial.fake(fake) / 2,
            }
        else:
            for_discriminator = {
                f"{name}_discriminator": self.adversarial.discriminator(real, fake)
            }
        return for_generator, for_discriminator

    def _reconstruction_terms(self, output: RolloutOutput, real: Clip) -> dict[str, Tensor]:
        terms = {}
        takes = [("", output.frames)]
        if self.config.hallucinated_losses != "none" and output.flows is not None:
            takes.append(("hallucinated_", output.hallucinated))
        for prefix, frames in takes:
            if self.perceptual is not None:
                terms[f"{prefix}perceptual"] = self.perceptual(frames, real.frames)
            if self.config.l1_weight:
                terms[f"{prefix}l1"] = self.config.l1_weight * (frames - real.frames).abs().mean()
        return terms

    def _motion_terms(
        self, output: RolloutOutput, real: Clip, history: Clip, fake_before: Tensor
    ) -> dict[str, Tensor]:
        confidence, reference = real.confidence, real.flows[1]
        last_real = history.frames[:, -1:]
        last_fake = fake_before[:, -1:] if fake_before.shape[1] else last_real
        terms = {}
        if self.config.temporal_weight:
            previous = torch.cat([last_fake, output.frames[:, :-1]], 1)
            terms["temporal"] = self.temporal(output.frames, previous, reference, confidence)
        if output.flows is not None:
            real_previous = torch.cat([last_real, real.frames[:, :-1]], 1)
            terms["flow"] = self.flow(output.flows, reference, confidence)
            terms["warp"] = self.warp(output.flows, real_previous, real.frames, confidence)
        masks, weight = output.occlusion_masks, self.config.mask_weight
        if masks is not None and weight:
            terms["mask"] = weight * masked_l1(masks, torch.zeros_like(masks), confidence)
        return terms
