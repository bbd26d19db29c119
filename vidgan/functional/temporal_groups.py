"""Temporal groups: which frames a video discriminator sees."""

from __future__ import annotations

import torch
from torch import Tensor

from vidgan._checks import check_positive, check_shape


def temporal_context(num_frames: int = 3, num_rates: int = 3) -> int:
    """Count the frames to keep before a chunk, so that each of its groups finds its first frame.

    ``(K - 1) * K**(R - 1)`` for groups of K frames at R rates: the reach of the coarsest rate.

    Args:
        num_frames: K, the frames of a group, at least 2.
        num_rates: R, the number of temporal rates; 0 stands for no video discriminator.

    Returns:
        The number of frames before the chunk.

    Raises:
        ValueError: if ``num_frames`` is under 2 or ``num_rates`` under 0.

    Example:
        >>> temporal_context(num_frames=3, num_rates=3)
        18
    """
    check_positive(num_frames, "temporal_context", "num_frames", minimum=2)
    check_positive(num_rates, "temporal_context", "num_rates", minimum=0)
    return int((num_frames - 1) * num_frames ** (num_rates - 1)) if num_rates else 0


def temporal_group_indices(
    num_available: int, *, chunk_length: int, num_frames: int = 3, rate: int = 0
) -> list[tuple[int, ...]]:
    """List the frames of each group that ends in the newest chunk, newest group first.

    A group holds ``num_frames`` frames that lie ``num_frames**rate`` apart. The groups end at the
    newest frame, then ``num_frames`` frames earlier, and so on while the end lies within the
    newest chunk and the group's first frame exists (the multi-rate video discriminators of
    Wang et al. 2018, arXiv:1808.06601, Sec. 3).

    Args:
        num_available: the number of frames there are, kept ones and newest chunk together.
        chunk_length: how many of them, at the end, are the newest chunk.
        num_frames: K, the frames of a group, at least 2.
        rate: temporal rate, 0 = consecutive frames, 1 = K apart, 2 = K**2 apart.

    Returns:
        One tuple of ``num_frames`` rising indices a group; an empty list where no group fits.

    Raises:
        ValueError: if ``chunk_length`` is not in 1..``num_available``, if ``num_frames`` is under
            2, or if ``rate`` is negative.

    Example:
        >>> temporal_group_indices(8, chunk_length=4)
        [(5, 6, 7), (2, 3, 4)]
        >>> temporal_group_indices(8, chunk_length=4, rate=1)
        [(1, 4, 7)]
    """
    name = "temporal_group_indices"
    if not 1 <= chunk_length <= num_available:
        raise ValueError(
            f"{name}: chunk_length must be in 1..{num_available}, the number of frames, "
            f"got {chunk_length}"
        )
    check_positive(num_frames, name, "num_frames", minimum=2)
    check_positive(rate, name, "rate", minimum=0)
    stride = num_frames**rate
    reach = (num_frames - 1) * stride
    earliest_end = max(num_available - chunk_length, reach)
    return [
        tuple(range(end - reach, end + 1, stride))
        for end in range(num_available - 1, earliest_end - 1, -num_frames)
    ]


def temporal_groups(
    frames: Tensor, *, chunk_length: int, num_frames: int = 3, rate: int = 0
) -> Tensor:
    """Gather the groups of frames that a video discriminator of one rate sees after a chunk.

    See `temporal_group_indices` for which frames those are. Gradients flow back into ``frames``.

    Args:
        frames: kept frames and then the newest chunk, (B, N, C, H, W); see `temporal_context`.
        chunk_length: how many of the N frames, at the end, are the newest chunk.
        num_frames: K, the frames of a group, at least 2.
        rate: temporal rate, 0 = consecutive frames, 1 = K apart, 2 = K**2 apart.

    Returns:
        The groups, newest first, each with its oldest frame first: (B, G, K, C, H, W), where G
        may be 0.

    Raises:
        TypeError: if ``frames`` is not a tensor.
        ValueError: if ``frames`` is not 5-dimensional, if ``chunk_length`` is not in 1..N, if
            ``num_frames`` is under 2, or if ``rate`` is negative.

    Example:
        >>> import torch
        >>> frames = torch.arange(8.0).view(1, 8, 1, 1, 1)
        >>> temporal_groups(frames, chunk_length=4).flatten(2)
        tensor([[[5., 6., 7.],
                 [2., 3., 4.]]])
    """
    check_shape(frames, ("B", "N", "C", "H", "W"), "temporal_groups", "frames")
    groups = temporal_group_indices(
        frames.shape[1], chunk_length=chunk_length, num_frames=num_frames, rate=rate
    )
    if not groups:
        return frames.new_empty((frames.shape[0], 0, num_frames, *frames.shape[2:]))
    # Slices, not a tensor of indices: that would have to travel to the device first.
    stride = num_frames**rate
    return torch.stack([frames[:, group[0] : group[-1] + 1 : stride] for group in groups], dim=1)
