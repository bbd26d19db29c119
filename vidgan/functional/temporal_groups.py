"""Temporal groups: which frames a video discriminator sees."""

from __future__ import annotations

import torch
from torch import Tensor

from vidgan._checks import check_at_least, check_shapes


def temporal_context(num_frames: int = 3, num_rates: int = 3) -> int:
    """Compute how many frames before a chunk its temporal groups reach back to.

    :math:`(K - 1) K^{R - 1}` for groups of K frames at R rates: the span of the coarsest rate,
    see `temporal_group_indices`.

    Args:
        num_frames: K, the number of frames per group, at least 2.
        num_rates: R, the number of temporal rates; 0 means no video discriminator.

    Returns:
        The number of frames to keep before the chunk.

    Raises:
        ValueError: if ``num_frames`` is under 2 or ``num_rates`` under 0.

    Example:
        >>> temporal_context(num_frames=3, num_rates=3)
        18
    """
    check_at_least("temporal_context", 2, num_frames=num_frames)
    check_at_least("temporal_context", 0, num_rates=num_rates)
    return int((num_frames - 1) * num_frames ** (num_rates - 1)) if num_rates else 0


def temporal_group_indices(
    num_available: int, *, chunk_length: int, num_frames: int = 3, rate: int = 0
) -> list[tuple[int, ...]]:
    r"""List the frame indices of every group that ends in the newest chunk, newest group first.

    .. math:: \left(e - (K - 1) K^r, \dots, e - K^r, e\right), \quad e = T - 1,\, T - 1 - K,\, \dots

    A group consists of ``num_frames`` frames with a stride of ``num_frames**rate``. The newest
    group ends at the newest frame, the next one ``num_frames`` frames earlier, and so on while
    groups end within the newest chunk and start within the available frames (the multi-rate video
    discriminators of Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__).

    Args:
        num_available: number of available frames, past ones and the newest chunk together.
        chunk_length: number of frames in the newest chunk.
        num_frames: K, the number of frames per group, at least 2.
        rate: temporal rate; 0 is a stride of 1, 1 a stride of K, 2 a stride of K**2.

    Returns:
        One tuple of ``num_frames`` increasing indices per group; an empty list if no group fits.

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
    check_at_least(name, 2, num_frames=num_frames)
    check_at_least(name, 0, rate=rate)
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
    """Gather the groups of frames that a video discriminator scores after a chunk.

    See `temporal_group_indices` for the choice of frames. Gradients flow back into ``frames``.

    Args:
        frames: past frames followed by the newest chunk, (B, N, C, H, W); see `temporal_context`.
        chunk_length: number of frames in the newest chunk, the last ones of the N.
        num_frames: K, the number of frames per group, at least 2.
        rate: temporal rate; 0 is a stride of 1, 1 a stride of K, 2 a stride of K**2.

    Returns:
        The groups, newest first, each in temporal order: (B, G, K, C, H, W), where G may be 0.

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
    check_shapes("temporal_groups", frames=(frames, "any B N C H W"))
    groups = temporal_group_indices(
        frames.shape[1], chunk_length=chunk_length, num_frames=num_frames, rate=rate
    )
    if not groups:
        return frames.new_empty((frames.shape[0], 0, num_frames, *frames.shape[2:]))
    # Strided slices, as an index tensor would first have to be copied to the device.
    stride = num_frames**rate
    return torch.stack([frames[:, group[0] : group[-1] + 1 : stride] for group in groups], dim=1)


def temporal_group_inputs(
    frames: Tensor, flow: Tensor, *, chunk_length: int, num_frames: int = 3, rate: int = 0
) -> tuple[Tensor, Tensor]:
    """Gather what a video discriminator takes after a chunk: groups, and the flows within them.

    :math:`D_V` of Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__,
    scores K real or generated frames together with the K - 1 flows of the real video between them
    (`vidgan.discriminators.VideoDiscriminator`). Gradients flow back into both inputs.

    Args:
        frames: past frames followed by the newest chunk, (B, N, C, H, W); see `temporal_context`.
        flow: backward flow of each frame from the one ``num_frames**rate`` frames before,
            (B, N, 2, H, W).
        chunk_length: number of frames in the newest chunk, the last ones of the N.
        num_frames: K, the number of frames per group, at least 2.
        rate: temporal rate; 0 is a stride of 1, 1 a stride of K, 2 a stride of K**2.

    Returns:
        The groups of all clips, (B*G, K, C, H, W), and their flows, (B*G, K-1, 2, H, W); G may
        be 0.

    Raises:
        TypeError: if ``frames`` or ``flow`` is not a tensor.
        ValueError: if a shape does not fit, or as `temporal_groups`.

    Example:
        >>> import torch
        >>> frames, flow = torch.rand(2, 8, 3, 16, 16), torch.zeros(2, 8, 2, 16, 16)
        >>> groups, flows = temporal_group_inputs(frames, flow, chunk_length=4)
        >>> groups.shape, flows.shape
        (torch.Size([4, 3, 3, 16, 16]), torch.Size([4, 2, 2, 16, 16]))
    """
    check_shapes(
        "temporal_group_inputs",
        frames=(frames, "any B N C H W"),
        flow=(flow, "B N 2 H W", "as in frames"),
    )
    frame_groups, flow_groups = (
        temporal_groups(video, chunk_length=chunk_length, num_frames=num_frames, rate=rate)
        for video in (frames, flow)
    )
    # The flow of a group's first frame comes from a frame outside the group.
    return frame_groups.flatten(0, 1), flow_groups[:, :, 1:].flatten(0, 1)
