"""The interfaces between the parts of vidgan. Any object that conforms may be passed in."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from torch import Tensor

from vidgan.outputs import FlowEstimate, FrameOutput

__all__ = ["FeatureExtractor", "FeatureHead", "FlowEstimator", "FrameGenerator"]


@runtime_checkable
class FrameGenerator(Protocol):
    r"""Generates a frame from its conditions and the L frames before it.

    .. math:: \tilde x_t \sim p(\tilde x_t \mid \tilde x_{t-L}^{t-1},\, s_{t-L}^{t})

    One factor of Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 3.

    Conditions and past frames are what every generator takes. It may take anything else by name,
    such as a style or reference frames, which `SequentialRollout` and `StreamingGenerator` pass on.
    It may keep a memory: what it returns as ``FrameOutput.memory``, it gets as ``memory`` in the
    next step. Conditions may have another size than the frames.

    Attributes:
        past_frames: L, the number of frames before that it sees.

    Example:
        >>> import torch
        >>> from vidgan.rollout import StreamingGenerator
        >>> class LastFrame:
        ...     past_frames = 1
        ...     def __call__(self, conditions, past, **options):
        ...         return FrameOutput(frame=past[:, -1], hallucinated=past[:, -1])
        >>> isinstance(LastFrame(), FrameGenerator)
        True
        >>> stream = StreamingGenerator(LastFrame())
        >>> stream.reset(torch.ones(1, 1, 3, 8, 12))
        >>> stream.step(torch.rand(1, 4, 8, 12)).mean()
        tensor(1.)
    """

    past_frames: int

    def __call__(self, conditions: Tensor, past: Tensor, *args: Any, **inputs: Any) -> FrameOutput:
        """Generate one frame.

        Args:
            conditions: condition maps, (B, L+1, C, h, w), oldest first; h, w are H, W by one ratio,
                mostly 1.
            past: the frames before, (B, L, 3, H, W), RGB in [-1, 1], oldest first.
            args: never passed.
            inputs: only those in use are passed, so a generator needs no others. Those of a rollout
                are ``foreground_mask``, (B, 1, H, W), 1 = foreground; ``hallucinate_only``, True to
                leave the warped frame out, as for a first frame; ``coarser_past``, see
                `CoarseToFineGenerator`; and ``memory``, from the second frame on, for a generator
                that returned one. All others are the user's.

        Returns:
            The frame (B, 3, H, W) in [-1, 1], the parts that it was composed from, and the memory.
        """
        ...


@runtime_checkable
class FlowEstimator(Protocol):
    """Estimates the backward flow that warps ``previous`` onto ``current``.

    Example:
        >>> import torch
        >>> def nothing_moves(current, previous):
        ...     zeros = torch.zeros_like(current)
        ...     return FlowEstimate(flow=zeros[:, :2], confidence=zeros[:, :1])
        >>> isinstance(nothing_moves, FlowEstimator)
        True
        >>> nothing_moves(torch.rand(1, 3, 4, 6), torch.rand(1, 3, 4, 6)).flow.shape
        torch.Size([1, 2, 4, 6])
    """

    def __call__(self, current: Tensor, previous: Tensor) -> FlowEstimate:
        """Estimate a flow for which ``flow_warp(previous, flow)`` matches ``current``.

        Args:
            current: (B, 3, H, W), RGB in [-1, 1].
            previous: (B, 3, H, W), RGB in [-1, 1].

        Returns:
            The flow (B, 2, H, W) in pixels, and its confidence (B, 1, H, W) in [0, 1].
        """
        ...


@runtime_checkable
class FeatureExtractor(Protocol):
    """A frozen network that returns the activations of several layers.

    Example:
        >>> import torch
        >>> from vidgan.losses import PerceptualLoss
        >>> def two_sizes(images):
        ...     return images, torch.nn.functional.avg_pool2d(images, 2)
        >>> isinstance(two_sizes, FeatureExtractor)
        True
        >>> PerceptualLoss(two_sizes)(torch.ones(1, 3, 4, 6), torch.zeros(1, 3, 4, 6))
        tensor(20.)
    """

    def __call__(self, images: Tensor) -> tuple[Tensor, ...]:
        """Extract features of images (B, 3, H, W), RGB in [-1, 1], coarsest layer last."""
        ...


@runtime_checkable
class FeatureHead(Protocol):
    """Scores clips of features of a frozen backbone, as a head of a `FeatureDiscriminator`.

    Attributes:
        in_channels: channels of the features.
        condition_channels: channels of the condition, or None for a head without one.
        min_frames: the fewest frames that it can score.

    Example:
        >>> from vidgan.discriminators import SpatialHead
        >>> isinstance(SpatialHead(16), FeatureHead)
        True
    """

    in_channels: int
    condition_channels: int | None
    min_frames: int

    def __call__(self, clips: Tensor, condition: Tensor | None = None) -> Tensor:
        """Score features.

        Args:
            clips: (B, in_channels, T, H, W), T at least ``min_frames``.
            condition: (B, condition_channels), for a head with a condition.

        Returns:
            Logits, (B, ...).
        """
        ...
