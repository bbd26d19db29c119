"""All losses of one chunk, as named tensors (Wang et al. 2018, Eq. 5-8).

Nothing here calls backward or an optimizer. The generator's losses have no gradient with respect to
the discriminators' weights, and vice versa.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from einops import rearrange
from torch import Tensor, nn

from examples.vid2vid.clips import Clip
from examples.vid2vid.config import ObjectiveConfig
from examples.vid2vid.distributed import share
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
from vidgan.outputs import RolloutOutput
from vidgan.training import AdversarialTerms, adversarial_step

Terms = dict[str, Tensor]
"""Named, weighted losses; one network minimizes their sum."""
Losses = dict[str, Terms]
"""Name of a network -> its terms: ``generator``, then the names of `Objective.discriminators`."""


def loss_values(losses: Losses) -> dict[str, float]:
    """Return all losses of a chunk as numbers."""
    return {name: float(loss.detach()) for part in losses.values() for name, loss in part.items()}


class Objective(nn.Module):
    """Computes every loss of a chunk with the current weights.

    Args:
        image_discriminator: D_I.
        video_discriminators: one D_V per temporal rate, rate 0 first.
        config: kinds and weights of the terms.
        perceptual: the perceptual loss, or None.
        region_discriminator: sees one region of each frame, such as the face; or None.
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
        """Number of frames before a chunk that its temporal groups can reach back to."""
        return temporal_context(self.config.video_frames, len(self.video_discriminators))

    @property
    def discriminators(self) -> dict[str, nn.Module]:
        """All discriminators by name: D_I, every D_V, and the region discriminator if any."""
        networks: dict[str, nn.Module] = {"image_discriminator": self.image_discriminator}
        for rate, network in enumerate(self.video_discriminators):
            networks[f"video_discriminator{rate}"] = network
        if self.region_discriminator is not None:
            networks["region_discriminator"] = self.region_discriminator
        return networks

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
            history: the real frames before the chunk, at least the last one; the last N of them
                correspond to ``fake_before``.
            fake_before: generated frames before the chunk, detached, (B, N, 3, H, W), N >= 0.
            rate_weights: weights of the video discriminators in use, rate 0 first; None: all, at 1.
            num_scales: spatial scales in use: flow vectors double in length with each scale, so
                the flow losses are divided accordingly.
        """
        losses: Losses = {"generator": {}, **{name: {} for name in self.discriminators}}

        def add(network: str, terms: tuple[Terms, Terms], weight: float = 1.0) -> None:
            losses["generator"] |= {name: weight * loss for name, loss in terms[0].items()}
            losses[network] |= terms[1]

        takes = [("image", output.frames)]
        if self.config.hallucinated_losses == "all":
            # Without flow the two are the same tensor: the released step then counts it twice.
            takes.append(("hallucinated", output.hallucinated))
        for name, frames in takes:
            add("image_discriminator", self._image_terms(name, frames, real))
        losses["generator"] |= self.reconstruction_terms(output, real.frames)
        losses["generator"] |= self._motion_terms(output, real, history, fake_before)
        if "flow" in losses["generator"]:
            losses["generator"]["flow"] = losses["generator"]["flow"] / 2 ** (num_scales - 1)
        # A rate's losses fade in: its discriminator starts untrained in mid-training.
        weights = [1.0] * len(self.video_discriminators) if rate_weights is None else rate_weights
        for rate, weight in enumerate(weights):
            terms = self._video_terms(rate, output.frames, real, history, fake_before)
            add(f"video_discriminator{rate}", terms, weight)
        if self.region_discriminator is not None:
            terms = self._region_terms(self.region_discriminator, output.frames, real)
            add("region_discriminator", terms)
        return losses

    def _image_terms(self, name: str, frames: Tensor, real: Clip) -> tuple[Terms, Terms]:
        conditions, reals, fakes = _single_frames(real.conditions, real.frames, frames)
        return self._adversarial_terms(
            name, self.image_discriminator, (conditions, reals), (conditions, fakes)
        )

    def _region_terms(
        self, network: RegionDiscriminator, frames: Tensor, real: Clip
    ) -> tuple[Terms, Terms]:
        if real.regions is None:
            raise ValueError("region_size must be 0: the data have no region to look at")
        boxes = rearrange(real.regions, "B T N -> (B T) N").to(frames)
        count = int(boxes.isfinite().all(-1).sum())
        weight = share(count)
        if weight is None:
            return {}, {}
        if count == 0:  # another process has some: take part in its step with a crop of weight 0
            boxes = boxes.new_tensor([0, 0, frames.shape[-1], frames.shape[-2]]).expand_as(boxes)
        conditions, reals, fakes = _single_frames(real.conditions, real.frames, frames)
        terms = self._adversarial_terms(
            "region", network, (conditions, reals, boxes), (conditions, fakes, boxes)
        )
        one, other = ({name: weight * loss for name, loss in part.items()} for part in terms)
        return one, other

    def _video_terms(
        self, rate: int, frames: Tensor, real: Clip, history: Clip, fake_before: Tensor
    ) -> tuple[Terms, Terms]:
        chunk_length = frames.shape[1]
        past = min(fake_before.shape[1], self.history_length)
        stride = self.config.video_frames**rate

        def groups(before: Tensor, chunk: Tensor) -> Tensor:
            # Groups may reach back into earlier chunks, whose generated frames are detached.
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
        # K frames have K - 1 flows between them; fakes are shown those of the real frames (Eq. 7).
        flows = groups(history.flows[stride], real.flows[stride])[:, 1:]
        network = self.video_discriminators[rate]
        return self._adversarial_terms(f"video{rate}", network, (reals, flows), (fakes, flows))

    def _adversarial_terms(
        self,
        name: str,
        discriminator: nn.Module,
        real_inputs: tuple[Tensor, ...],
        fake_inputs: tuple[Tensor, ...],
    ) -> AdversarialTerms:
        """Compute the adversarial terms of the generator and of one discriminator."""
        for_generator = {f"{name}_gan": self.adversarial}
        if self.config.feature_matching_weight:
            for_generator[f"{name}_matching"] = self.matching
        loss = self.adversarial
        for_discriminator = {f"{name}_discriminator": loss.discriminator}
        if self.config.adversarial == "lsgan":  # log its two halves separately
            for_discriminator = {
                f"{name}_real": lambda real, _: loss.real(real) / 2,
                f"{name}_fake": lambda _, fake: loss.fake(fake) / 2,
            }
        return adversarial_step(
            discriminator,
            real_inputs,
            fake_inputs,
            generator_losses=for_generator,
            discriminator_losses=for_discriminator,
        )

    def reconstruction_terms(self, output: RolloutOutput, target: Tensor) -> Terms:
        """Compute the L1 and perceptual losses to real or a teacher's frames, (B, T, 3, H, W)."""
        terms = {}
        takes = [("", output.frames)]
        if self.config.hallucinated_losses != "none" and output.flows is not None:
            takes.append(("hallucinated_", output.hallucinated))
        features = self.perceptual.extract(target) if self.perceptual else []
        for prefix, frames in takes:
            if self.perceptual is not None:
                terms[f"{prefix}perceptual"] = self.perceptual(frames, features)
            if self.config.l1_weight:
                terms[f"{prefix}l1"] = self.config.l1_weight * (frames - target).abs().mean()
        return terms

    def _motion_terms(
        self, output: RolloutOutput, real: Clip, history: Clip, fake_before: Tensor
    ) -> Terms:
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


def _single_frames(*videos: Tensor) -> list[Tensor]:
    return [rearrange(video, "B T C H W -> (B T) C H W") for video in videos]
