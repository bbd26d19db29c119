"""The interfaces through which vidgan's parts meet. Any object that fits may be passed in."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor

from vidgan.outputs import FlowEstimate, FrameOutput


@runtime_checkable
class FrameGenerator(Protocol):
    """Draws frame t from the conditions of frames t-L..t and the L frames before it (Eq. 3)."""

    past_frames: int

    def __call__(
        self,
        conditions: Tensor,
        past: Tensor,
        *,
        foreground_mask: Tensor | None = None,
        hallucinate_only: bool = False,
    ) -> FrameOutput:
        """Generate one frame.

        Args:
            conditions: condition maps, (B, L+1, C, H, W), oldest first.
            past: the frames before, (B, L, 3, H, W), RGB in [-1, 1], oldest first.
            foreground_mask: 1 = foreground, (B, 1, H, W), where the generator has such a branch.
            hallucinate_only: leave the warped frame out, as for a first frame.
        """
        ...


@runtime_checkable
class FlowEstimator(Protocol):
    """Estimates the backward flow that carries ``previous`` onto ``current``."""

    def __call__(self, current: Tensor, previous: Tensor) -> FlowEstimate:
        """Estimate flow so that ``flow_warp(previous, flow)`` looks like ``current``.

        Args:
            current: (B, 3, H, W), RGB in [-1, 1].
            previous: (B, 3, H, W), RGB in [-1, 1].
        """
        ...


@runtime_checkable
class FeatureExtractor(Protocol):
    """A frozen network that gives the activations of several layers."""

    def __call__(self, images: Tensor) -> tuple[Tensor, ...]:
        """Extract features of images (B, 3, H, W), RGB in [-1, 1], coarsest layer last."""
        ...
