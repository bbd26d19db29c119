"""Several frame generators, from the coarsest scale to the finest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

from torch import Tensor, nn

from vidgan.functional import average_pyramid, resize_flow
from vidgan.generators._parts import check_flow, check_same, check_window
from vidgan.generators.composite_generator import CompositeGenerator
from vidgan.outputs import FrameOutput, ScaleFeatures

_NAME = "CoarseToFineGenerator"
_SHARED = ("past_frames", "condition_channels", "image_channels")  # what all scales agree in


class CoarseToFineGenerator(nn.Module):
    """Generates a frame at the coarsest scale, then at twice the size, and so on.

    The coarsest generator sees the smallest level of the average-pool pyramid of conditions and
    past frames; each finer one adds the features of the next coarser one to its own (Wang et al.
    2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__). Every scale sees its *own*
    past frames: those that it generated before, not the downsampled frames of the finest scale.
    `vidgan.models.coarse_to_fine_generator` builds the published one.

    Args:
        generators: one per scale, coarsest first. Each but the first halves its input once, to
            features as wide as those of the scale before.

    Raises:
        ValueError: generators is empty, or they do not fit each other.

    Example:
        >>> import torch
        >>> from vidgan.models import coarse_to_fine_generator
        >>> generator = coarse_to_fine_generator(4, num_scales=2, base_channels=8, num_blocks=2)
        >>> out = generator(torch.rand(1, 3, 4, 64, 96), torch.rand(1, 2, 3, 64, 96))
        >>> out.frame.shape, [tuple(frame.shape) for frame in out.coarser]
        (torch.Size([1, 3, 64, 96]), [(1, 3, 32, 48)])
    """

    def __init__(self, generators: Sequence[CompositeGenerator]) -> None:
        super().__init__()
        _check_generators(generators)
        self.generators = nn.ModuleList(generators)
        self.past_frames = generators[0].past_frames
        self.condition_channels = generators[0].condition_channels
        self.image_channels = generators[0].image_channels
        coarsest = generators[0].condition_encoder.size_multiple
        self.size_multiple = coarsest * 2 ** (len(generators) - 1)

    @property
    def num_scales(self) -> int:
        """The number of spatial scales."""
        return len(self.generators)

    def forward(
        self,
        conditions: Tensor,
        past: Tensor,
        *,
        coarser_past: Sequence[Tensor] = (),
        foreground_mask: Tensor | None = None,
        hallucinate_only: bool = False,
        flow: Tensor | None = None,
        flow_confidence: Tensor | None = None,
    ) -> FrameOutput:
        """Generate one frame at every scale.

        Args:
            conditions: condition maps at the finest scale, (B, L+1, C, H, W), oldest first.
            past: the L frames before at the finest scale, (B, L, 3, H, W).
            coarser_past: the same frames as generated at the coarser scales, next coarser first,
                (B, L, 3, H/2, W/2), ... Without them ``past`` is downsampled, as at the start of
                a video.
            foreground_mask: (B, 1, H, W), where the generators have a foreground part.
            hallucinate_only: return hallucinated frames, with no warped pixels, at every scale.
            flow: a given flow at the finest scale, as in `CompositeGenerator`; resized as a flow
                for the others.
            flow_confidence: that of a given flow, (B, 1, H, W).

        Returns:
            `FrameOutput` of the finest scale, with the frames of the others as ``coarser``.

        Raises:
            ValueError: a shape does not fit the others, or H or W cannot be halved that often.
            TypeError: an input is not a floating-point tensor.
        """
        check_window(_NAME, self, conditions, foreground_mask, past=past)
        branch = cast("CompositeGenerator", self.generators[0]).flow_branch
        check_flow(_NAME, branch, conditions, flow, flow_confidence)
        self._check_size(conditions)
        scales = self.num_scales
        maps = average_pyramid(conditions, scales)  # (B, L+1, C, H / 2**level, W / 2**level)
        self._check_coarser(coarser_past, maps)
        # given frames exist at the finest scale only, generated ones at every scale
        frames = [past, *coarser_past] if coarser_past else average_pyramid(past, scales)
        masks: Sequence[Tensor | None] = [None] * scales
        if foreground_mask is not None:
            masks = average_pyramid(foreground_mask, scales)
        flows: Sequence[Tensor | None] = [None] * scales
        if flow is not None:
            flows = [flow, *(resize_flow(flow, level.shape[-2:]) for level in maps[1:])]
        confidences: Sequence[Tensor | None] = [None] * scales
        if flow_confidence is not None:
            confidences = average_pyramid(flow_confidence, scales)
        outputs: list[FrameOutput] = []
        features: ScaleFeatures | None = None
        # generators are listed coarsest first, pyramid levels finest first
        for generator, level in zip(self.generators, reversed(range(scales)), strict=True):
            output, features = cast("CompositeGenerator", generator).forward_with_features(
                maps[level],
                frames[level],
                features,
                foreground_mask=masks[level],
                hallucinate_only=hallucinate_only,
                flow=flows[level],
                flow_confidence=confidences[level],
            )
            outputs.insert(0, output)
        # a coarse frame is no input of the finer scale: only its features are
        return outputs[0]._replace(coarser=tuple(output.frame for output in outputs[1:]))

    def _check_size(self, conditions: Tensor) -> None:
        for axis, size in zip(("height", "width"), conditions.shape[-2:], strict=True):
            if size % self.size_multiple:
                below = size - size % self.size_multiple
                near = " or ".join(str(n) for n in (below, below + self.size_multiple) if n)
                raise ValueError(
                    f"{_NAME}: the {axis} must be a multiple of {self.size_multiple} for "
                    f"{self.num_scales} scales, got {size}; resize or pad it to {near}"
                )

    def _check_coarser(self, coarser_past: Sequence[Tensor], maps: Sequence[Tensor]) -> None:
        if coarser_past and len(coarser_past) != self.num_scales - 1:
            raise ValueError(
                f"{_NAME}: coarser_past must hold {self.num_scales - 1} tensors, one for each "
                f"scale but the finest, got {len(coarser_past)}"
            )
        for level, frames in enumerate(coarser_past, 1):
            check_window(_NAME, self, maps[level], None, **{f"coarser_past[{level - 1}]": frames})


def _check_generators(generators: Sequence[CompositeGenerator]) -> None:
    if not generators:
        raise ValueError(f"{_NAME}: generators must hold at least one, got none")
    check_same(_NAME, _SHARED, **{f"generators[{i}]": each for i, each in enumerate(generators)})
    first = generators[0]
    for scale, (coarse, fine) in enumerate(pairwise(generators), 1):
        name, encoder = f"generators[{scale}]", fine.condition_encoder
        for part in ("flow_branch", "foreground"):
            if (getattr(fine, part) is None) != (getattr(first, part) is None):
                both = f"generators[0] and {name} differ"
                raise ValueError(f"{_NAME}: all generators must have a {part}, or none; {both}")
        if encoder.size_multiple != 2:
            got = f"an encoder that divides it by {encoder.size_multiple}"
            raise ValueError(f"{_NAME}: {name} must halve its input once, got {got}")
        if encoder.out_channels != coarse.feature_channels:
            why = f"as many as the features of generators[{scale - 1}]"
            rule = f"the encoders of {name} must have {coarse.feature_channels} out_channels, {why}"
            raise ValueError(f"{_NAME}: {rule}, got {encoder.out_channels}")
