"""Where the first frames of a video come from."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from vidgan._checks import check_floating, check_positive, check_shape
from vidgan.rollout.state import RolloutState


class FirstFrames(NamedTuple):
    """The start of a rollout.

    Attributes:
        frames: the video's frames that are there already, (B, N, 3, H, W); the rollout goes on
            with the condition maps of frame N.
        state: to start the rollout from.
        hallucinate_only: make the first frame, or while training the first chunk, without warped
            pixels.

    Example:
        >>> conditions = torch.rand(1, 5, 4, 8, 12)
        >>> first = GivenFrames(torch.zeros(1, 2, 3, 8, 12))(conditions)
        >>> conditions[:, first.frames.shape[1] :].shape  # what a rollout from the state is given
        torch.Size([1, 3, 4, 8, 12])
    """

    frames: Tensor
    state: RolloutState
    hallucinate_only: bool


class FirstFramePolicy(Protocol):
    """Decides where the first frames of a video come from. Any object that fits may be used.

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
        """Start a video.

        Args:
            conditions: its condition maps, (B, T, C, H, W), T at least L.

        Returns:
            The frames that are there already, and the state to go on from.
        """
        ...


class GivenFrames:
    """The first L frames are given, such as real ones.

    Args:
        frames: (B, L, 3, H, W), RGB in [-1, 1].

    Raises:
        TypeError: ``frames`` is not a floating-point tensor.
        ValueError: ``frames`` is not 5-dimensional.

    Example:
        >>> first = GivenFrames(torch.zeros(1, 2, 3, 8, 12))(torch.rand(1, 5, 4, 8, 12))
        >>> first.frames.shape[1], first.state.past_conditions.shape, first.hallucinate_only
        (2, torch.Size([1, 2, 4, 8, 12]), False)
    """

    def __init__(self, frames: Tensor) -> None:
        check_floating(frames, "GivenFrames", "frames")
        check_shape(frames, ("B", "L", "C", "H", "W"), "GivenFrames", "frames")
        self.frames = frames

    def __call__(self, conditions: Tensor) -> FirstFrames:
        """Start a video; see `FirstFramePolicy`.

        Raises:
            TypeError: the conditions are not floating-point.
            ValueError: the conditions are fewer than L, or of another size.
        """
        length = self.frames.shape[1]
        _check_conditions(conditions, length, "GivenFrames")
        batch, _, _, height, width = conditions.shape
        shape = (batch, length, "C", height, width)
        check_shape(self.frames, shape, "GivenFrames", "frames", why="as in conditions")
        return FirstFrames(self.frames, RolloutState(self.frames, conditions[:, :length]), False)


class GeneratedFirstFrame:
    """The generator makes its own first frame: zeros in, the hallucinated frame out.

    A generator must be trained so to do it well: with the first chunk hallucinated, and its
    occlusion mask drawn to 0 there (Wang et al. 2018, released recipe).

    Args:
        past_frames: L of the generator.
        image_channels: channels of a frame.

    Raises:
        ValueError: past_frames is below 1.

    Example:
        >>> first = GeneratedFirstFrame(2)(torch.rand(1, 5, 4, 8, 12))
        >>> first.frames.shape[1], float(first.state.past_frames.abs().sum())
        (0, 0.0)
    """

    def __init__(self, past_frames: int = 2, *, image_channels: int = 3) -> None:
        check_positive(past_frames, "GeneratedFirstFrame", "past_frames")
        self.past_frames = past_frames
        self.image_channels = image_channels

    def __call__(self, conditions: Tensor) -> FirstFrames:
        """Start a video; see `FirstFramePolicy`.

        Raises:
            TypeError: the conditions are not floating-point.
            ValueError: there are no conditions.
        """
        _check_conditions(conditions, 1, "GeneratedFirstFrame")
        batch, _, _, height, width = conditions.shape
        shape = (batch, self.past_frames, self.image_channels, height, width)
        past = conditions[:, :1].expand(-1, self.past_frames, -1, -1, -1)
        frames = conditions.new_zeros(shape)
        return FirstFrames(frames[:, :0], RolloutState(frames, past), True)


class ImageGeneratorFirstFrames:
    """A single-image generator makes the first L frames, each from its own condition maps.

    Args:
        generator: from condition maps (B, C, H, W) to a frame (B, 3, H, W).
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
        check_positive(past_frames, "ImageGeneratorFirstFrames", "past_frames")
        self.generator = generator
        self.past_frames = past_frames

    @torch.no_grad()
    def __call__(self, conditions: Tensor) -> FirstFrames:
        """Start a video; see `FirstFramePolicy`. No gradient is recorded.

        Raises:
            TypeError: the conditions are not floating-point.
            ValueError: the conditions are fewer than L, or the generator refuses them.
        """
        _check_conditions(conditions, self.past_frames, "ImageGeneratorFirstFrames")
        frames = [self.generator(conditions[:, t]) for t in range(self.past_frames)]
        return GivenFrames(torch.stack(frames, 1))(conditions)


def _check_conditions(conditions: Tensor, length: int, name: str) -> None:
    check_floating(conditions, name, "conditions")
    check_shape(conditions, ("B", "T", "C", "H", "W"), name, "conditions")
    check_positive(
        conditions.shape[1], name, "the number of frames T in conditions", minimum=length
    )
