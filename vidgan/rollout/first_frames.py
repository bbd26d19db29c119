"""Policies for the first frames of a video, which have no generated frames before them."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from vidgan._checks import check_at_least, check_shapes
from vidgan.rollout._sizes import scaled_size
from vidgan.rollout.state import RolloutState


class FirstFrames(NamedTuple):
    """The start of a rollout: the first frames, and the state to continue from.

    Attributes:
        frames: the first N frames of the video, (B, N, 3, H, W), N at least 0; the rollout
            continues with the condition maps of frame N.
        state: the state to start the rollout from.
        hallucinate_only: generate the first frame, or in training the first chunk, without warped
            pixels.

    Example:
        >>> conditions = torch.rand(1, 5, 4, 8, 12)
        >>> first = GivenFrames(torch.zeros(1, 2, 3, 8, 12))(conditions)
        >>> conditions[:, first.frames.shape[1] :].shape  # the input of a rollout
        torch.Size([1, 3, 4, 8, 12])
    """

    frames: Tensor
    state: RolloutState
    hallucinate_only: bool


class FirstFramePolicy(Protocol):
    """Returns the first frames of a video for its conditions. Any object that conforms may be used.

    Example:
        >>> class GrayFrames:
        ...     def __call__(self, conditions):
        ...         batch, _, _, height, width = conditions.shape
        ...         return GivenFrames(torch.zeros(batch, 2, 3, height, width))(conditions)
        >>> policy: FirstFramePolicy = GrayFrames()
        >>> policy(torch.rand(1, 5, 4, 8, 12)).frames.shape
        torch.Size([1, 2, 3, 8, 12])
    """

    def __call__(self, conditions: Tensor) -> FirstFrames:
        """Return the start of a video.

        Args:
            conditions: its condition maps, (B, T, C, H, W), T at least L.

        Returns:
            The first frames, and the state to continue from.
        """
        ...


class GivenFrames:
    """Starts from L given frames, such as real ones.

    Args:
        frames: (B, L, 3, H, W), RGB in [-1, 1], of the size of the conditions or of theirs by one
            ratio.

    Raises:
        TypeError: ``frames`` is not a floating-point tensor.
        ValueError: ``frames`` is not 5-dimensional.

    Example:
        >>> first = GivenFrames(torch.zeros(1, 2, 3, 8, 12))(torch.rand(1, 5, 4, 8, 12))
        >>> first.frames.shape[1], first.state.past_conditions.shape, first.hallucinate_only
        (2, torch.Size([1, 2, 4, 8, 12]), False)
    """

    def __init__(self, frames: Tensor) -> None:
        check_shapes("GivenFrames", frames=(frames, "B L C H W"))
        self.frames = frames

    def __call__(self, conditions: Tensor) -> FirstFrames:
        """Return the start of a video; see `FirstFramePolicy`.

        Raises:
            TypeError: the conditions are not floating-point.
            ValueError: there are fewer than L conditions, or they have another size.
        """
        length = self.frames.shape[1]
        _check_conditions(conditions, length, "GivenFrames", self.frames)
        return FirstFrames(self.frames, RolloutState(self.frames, conditions[:, :length]), False)


class GeneratedFirstFrame:
    """Starts from past frames of zeros: the generator generates its own first frame.

    The first frame is the hallucinated one. A generator does this well only if it was trained for
    it, with the first chunk hallucinated and the occlusion mask pulled to 0 (the released recipe of
    Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__).

    Args:
        past_frames: L of the generator.
        image_channels: channels of a frame.
        frame_scale: frame size divided by condition size, above 1 for super-resolution.

    Raises:
        ValueError: past_frames is below 1, or frame_scale not above 0.

    Example:
        >>> first = GeneratedFirstFrame(2)(torch.rand(1, 5, 4, 8, 12))
        >>> first.frames.shape[1], float(first.state.past_frames.abs().sum())
        (0, 0.0)
    """

    def __init__(
        self, past_frames: int = 2, *, image_channels: int = 3, frame_scale: float = 1
    ) -> None:
        check_at_least("GeneratedFirstFrame", 1, past_frames=past_frames)
        if not frame_scale > 0:
            rule = "frame_scale must be above 0"
            raise ValueError(f"GeneratedFirstFrame: {rule}, got {frame_scale}")
        self.past_frames = past_frames
        self.image_channels = image_channels
        self.frame_scale = frame_scale

    def __call__(self, conditions: Tensor) -> FirstFrames:
        """Return the start of a video; see `FirstFramePolicy`.

        Raises:
            TypeError: the conditions are not floating-point.
            ValueError: there are no conditions, or their size times frame_scale is not whole.
        """
        _check_conditions(conditions, 1, "GeneratedFirstFrame")
        size = [side * self.frame_scale for side in conditions.shape[-2:]]
        if any(side != round(side) for side in size):
            rule = f"{tuple(conditions.shape[-2:])} times frame_scale must be whole numbers"
            raise ValueError(f"GeneratedFirstFrame: {rule}, got {tuple(size)}")
        shape = (len(conditions), self.past_frames, self.image_channels, *map(round, size))
        # no condition comes before the first: it is repeated, (B, L, C, H, W)
        past = conditions[:, :1].expand(-1, self.past_frames, -1, -1, -1)
        frames = conditions.new_zeros(shape)
        # the zeros are no frames of the video: N = 0
        return FirstFrames(frames[:, :0], RolloutState(frames, past), True)


class ImageGeneratorFirstFrames:
    """Starts from L frames of a single-image generator, each from its own condition maps.

    Args:
        generator: from condition maps (B, C, H, W) to a frame (B, 3, H, W), or of another size by
            one ratio.
        past_frames: L of the video generator.

    Raises:
        ValueError: past_frames is below 1.

    Example:
        >>> from torch import nn
        >>> first = ImageGeneratorFirstFrames(nn.Conv2d(4, 3, 1), 2)(torch.rand(1, 5, 4, 8, 12))
        >>> first.frames.shape
        torch.Size([1, 2, 3, 8, 12])
    """

    def __init__(self, generator: nn.Module, past_frames: int = 2) -> None:
        check_at_least("ImageGeneratorFirstFrames", 1, past_frames=past_frames)
        self.generator = generator
        self.past_frames = past_frames

    @torch.no_grad()
    def __call__(self, conditions: Tensor) -> FirstFrames:
        """Return the start of a video; see `FirstFramePolicy`. No gradient is recorded.

        Raises:
            TypeError: the conditions are not floating-point.
            ValueError: there are fewer than L conditions, or the generator rejects them.
        """
        _check_conditions(conditions, self.past_frames, "ImageGeneratorFirstFrames")
        # each frame on its own: only the frames after them are consistent in time
        frames = [self.generator(conditions[:, t]) for t in range(self.past_frames)]
        return GivenFrames(torch.stack(frames, 1))(conditions)


def _check_conditions(conditions: Tensor, L: int, name: str, frames: Tensor | None = None) -> None:
    check_shapes(
        name,
        conditions=(conditions, "B T C H W"),
        frames=scaled_size(frames, conditions, f"B {L} C' H W or None", "as in conditions"),
    )
    check_at_least(name, L, **{"the number of frames T in conditions": conditions.shape[1]})
