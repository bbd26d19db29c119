"""Training on long videos: one long rollout, judged and back-propagated segment by segment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from vidgan._checks import check_at_least
from vidgan.outputs import RolloutOutput
from vidgan.rollout.state import RolloutState

_NAME = "rollout_segments"


class Segment(NamedTuple):
    """A window of a long rollout, to be judged as a clip of its own.

    Attributes:
        frames: (B, S, 3, H, W). The first ``overlap`` of them were generated in earlier segments
            and are detached; the others are ``output.frames``.
        output: what the rollout returned for the new frames.
        start: index within the whole rollout of the first frame.
        overlap: number of frames that were generated in earlier segments.
        position: of this segment among all, from 0.
        num_segments: number of segments of the whole rollout.
        state: the detached state after the last frame.

    Example:
        >>> frames = torch.zeros(1, 4, 3, 8, 12)
        >>> state = RolloutState(frames[:, :1], frames[:, :1])
        >>> segment = Segment(frames, RolloutOutput(frames, frames), 0, 0, 0, 1, state)
        >>> segment.frames.shape[1] - segment.overlap
        4
    """

    frames: Tensor
    output: RolloutOutput
    start: int
    overlap: int
    position: int
    num_segments: int
    state: RolloutState


def rollout_segments(
    rollout: Callable[..., tuple[RolloutOutput, RolloutState]],
    conditions: Tensor,
    state: RolloutState,
    *,
    length: int,
    overlap: int = 0,
    foreground_masks: Tensor | None = None,
    per_frame: Mapping[str, Tensor] | None = None,
    constant: Mapping[str, Any] | None = None,
) -> Iterator[Segment]:
    r"""Generate a long video in segments of a fixed length, each with a graph of its own.

    .. math:: \nabla_\theta \sum_i \mathcal L\big(
        \tilde x_{e_i - S}^{e_i - 1}\big), \qquad e_0 = S, \quad e_{i+1} = \min(e_i + S - o,\, T)

    for segments of S frames with an overlap of o, where state and overlapping frames are constants.
    Long-video training of Lin et al. 2025 (AAPT), `arXiv:2506.09350
    <https://arxiv.org/abs/2506.09350>`__: a discriminator of short clips judges every
    segment of a long rollout against short real clips, for which no long real video is needed; the
    overlap shows it the seams. Pass each segment's losses backward before the next segment is
    taken: gradients accumulate, and no more than one segment's graph is in memory. Then take one
    optimizer step.

    The last segment has S frames too, and overlaps more with the one before if T demands it.

    Args:
        rollout: a `SequentialRollout`, or a wrapper of one. Under ``DistributedDataParallel`` all
            segments but the last belong into its ``no_sync()``.
        conditions: condition maps of all frames to generate, (B, T, C, H, W).
        state: the L frames before them and their conditions.
        length: S, frames of a segment; at least 1, at most T.
        overlap: o, frames that a segment shares with the one before; below S.
        foreground_masks: (B, T, 1, H, W), as in `SequentialRollout`.
        per_frame: inputs with a value for every frame, (B, T, ...), as in `SequentialRollout`.
        constant: inputs that every frame gets as they are, as in `SequentialRollout`.

    Returns:
        An iterator over the segments. What a consumer does with one happens before the next one is
        generated.

    Raises:
        ValueError: length or overlap is out of range, or the rollout rejects an input.

    Example:
        >>> from vidgan.models import composite_generator
        >>> from vidgan.rollout import SequentialRollout
        >>> generator = composite_generator(4, base_channels=8, num_downsamplings=2, num_blocks=2)
        >>> maps = torch.rand(1, 12, 4, 32, 48)
        >>> state = RolloutState(torch.rand(1, 2, 3, 32, 48), maps[:, :2])
        >>> rollout = SequentialRollout(generator, backprop_length=4)
        >>> for segment in rollout_segments(rollout, maps[:, 2:], state, length=4, overlap=1):
        ...     loss = segment.frames.square().mean()  # or a discriminator's
        ...     (loss / segment.num_segments).backward()
        ...     print(segment.start, segment.overlap, tuple(segment.frames.shape))
        0 0 (1, 4, 3, 32, 48)
        3 1 (1, 4, 3, 32, 48)
        6 1 (1, 4, 3, 32, 48)
    """
    total = conditions.shape[1]
    check_at_least(_NAME, 1, length=length)
    check_at_least(_NAME, 0, overlap=overlap)
    if length > total:
        rule = f"length must be at most the number of frames T in conditions = {total}"
        raise ValueError(f"{_NAME}: {rule}, got {length}")
    if overlap >= length:
        raise ValueError(f"{_NAME}: overlap must be below length = {length}, got {overlap}")
    ends = [*range(length, total, length - overlap), total]

    def segments(state: RolloutState) -> Iterator[Segment]:
        begin, earlier = 0, conditions.new_empty(())
        for position, end in enumerate(ends):
            new = slice(begin, end)
            output, state = rollout(
                conditions[:, new],
                state,
                foreground_masks=None if foreground_masks is None else foreground_masks[:, new],
                per_frame={name: value[:, new] for name, value in (per_frame or {}).items()},
                constant=constant,
            )
            # earlier frames are constants: they are no longer trained, as in the state
            frames = torch.cat([earlier, output.frames], 1) if begin else output.frames
            frames = frames[:, -length:]
            start = end - length
            yield Segment(frames, output, start, begin - start, position, len(ends), state)
            begin, earlier = end, frames.detach()
            del output, frames  # nothing of this graph outlives its consumer

    return segments(state)
