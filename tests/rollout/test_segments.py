"""Segments of a long rollout: gradients of the whole with the same detachment, memory of one."""

from __future__ import annotations

import re
import weakref

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.assertions import rand
from tests.networks import RecurrentGenerator, assert_same_bits, tiny_generator
from vidgan.rollout import RolloutState, SequentialRollout, rollout_segments

SIZE = (4, 6)


def inputs(num_frames: int, seed: int = 0) -> tuple[Tensor, RolloutState, dict]:
    options = {"dtype": torch.float64}
    maps = rand(2, 1 + num_frames, 3, *SIZE, seed=seed, **options)
    state = RolloutState(rand(2, 1, 3, *SIZE, seed=seed + 1, **options), maps[:, :1])
    motion = rand(2, num_frames, 3, *SIZE, seed=seed + 2, **options)
    others = {"per_frame": {"motion": motion}, "constant": {"style": rand(2, 3, **options)}}
    return maps[:, 1:], state, others


def judge(frames: Tensor) -> Tensor:
    """A loss in which each frame's gradient depends on the other frames of the window."""
    return (frames.mean(1).square() + (frames[:, 1:] * frames[:, :-1]).sum(1).cos()).sum()


@given(
    length=st.integers(2, 5),
    overlap=st.integers(0, 4),
    extra=st.integers(0, 12),
    seed=st.integers(0, 2**31),
)
def test_gradients_are_those_of_the_whole_with_the_same_detachment(
    length: int, overlap: int, extra: int, seed: int
) -> None:
    overlap = min(overlap, length - 1)
    conditions, state, others = inputs(length + extra, seed)
    generator = RecurrentGenerator()
    rollout = SequentialRollout(generator, backprop_length=99)
    seen = []
    for segment in rollout_segments(
        rollout, conditions, state, length=length, overlap=overlap, **others
    ):
        judge(segment.frames).backward()
        seen.append(segment)
    got = [weight.grad.clone() for weight in generator.parameters()]

    # the whole: one graph and one backward pass; detached where a segment begins
    generator.zero_grad()
    frames, memory, previous = [state.past_frames[:, 0]], {}, state.past_conditions[:, 0]
    starts = range(length, length + extra, length - overlap)
    total, first = torch.zeros((), dtype=torch.float64), 0
    for t in range(length + extra):
        if t == 0 or t in starts:
            frames = [frame.detach() for frame in frames]
            memory = {name: tuple(p.detach() for p in parts) for name, parts in memory.items()}
        step = generator(
            torch.stack([previous, conditions[:, t]], 1),
            frames[-1][:, None],
            motion=others["per_frame"]["motion"][:, t],
            **others["constant"],
            **memory,
        )
        frames.append(step.frame)
        previous, memory = conditions[:, t], {"memory": step.memory}
        if t + 1 in (*starts, length + extra):
            window = torch.stack(frames[1:], 1)[:, -length:]
            torch.testing.assert_close(seen[first].frames, window, rtol=0, atol=0)
            total, first = total + judge(window), first + 1
    total.backward()

    assert first == len(seen) == seen[0].num_segments
    want = [weight.grad for weight in generator.parameters()]
    torch.testing.assert_close(got, want, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("length", [1, 2, 3, 6])
def test_without_overlap_they_are_a_rollout_that_detaches_as_often(length: int) -> None:
    conditions, state, others = inputs(6)
    generator = RecurrentGenerator()
    output, after = SequentialRollout(generator, backprop_length=length)(
        conditions, state, **others
    )
    output.frames.cos().sum().backward()
    want = [weight.grad.clone() for weight in generator.parameters()]

    generator.zero_grad()
    rollout = SequentialRollout(generator, backprop_length=length)
    segments = []
    for segment in rollout_segments(rollout, conditions, state, length=length, **others):
        segment.frames.cos().sum().backward()
        segments.append(segment)

    got = [weight.grad for weight in generator.parameters()]
    torch.testing.assert_close(got, want, rtol=1e-10, atol=1e-10)
    assert_same_bits(torch.cat([each.frames for each in segments], 1), output.frames)
    assert_same_bits(list(segments[-1].state), list(after))


def test_windows_of_equal_length_cover_the_video() -> None:
    conditions, state, others = inputs(11)
    rollout = SequentialRollout(RecurrentGenerator())
    whole, _ = rollout(conditions, state, **others)

    segments = list(rollout_segments(rollout, conditions, state, length=5, overlap=2, **others))

    assert [(each.start, each.overlap, each.position) for each in segments] == [
        (0, 0, 0),
        (3, 2, 1),
        (6, 2, 2),
    ]
    for each in segments:
        assert torch.equal(each.frames, whole.frames[:, each.start : each.start + 5])
        assert torch.equal(each.output.frames, each.frames[:, each.overlap :])
    last = list(rollout_segments(rollout, conditions, state, length=5, overlap=1, **others))[-1]
    assert (last.start, last.overlap, last.num_segments) == (6, 3, 3)


def test_the_graph_of_one_segment_is_in_memory_at_a_time() -> None:
    """However many segments: tensors kept for the backward pass, at the worst moment."""

    class Kept:
        def __init__(self, value: Tensor) -> None:
            self.value = value

    peaks = {}
    for count in (1, 2, 6):
        alive, peaks[count] = [0], 0

        def pack(value: Tensor, alive: list[int] = alive, count: int = count) -> Kept:
            kept, size = Kept(value), value.numel()
            alive[0] += size
            peaks[count] = max(peaks[count], alive[0])
            weakref.finalize(kept, lambda: alive.__setitem__(0, alive[0] - size))
            return kept

        generator = tiny_generator(norm="instance")
        maps = rand(1, 2 + 3 * count, 2, 4, 6)
        state = RolloutState(rand(1, 2, 3, 4, 6), maps[:, :2])
        rollout = SequentialRollout(generator, backprop_length=3)
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda kept: kept.value):
            for segment in rollout_segments(rollout, maps[:, 2:], state, length=3):
                segment.frames.square().mean().backward()

    assert peaks[1] > 1000
    assert peaks[2] == peaks[6] == peaks[1]


def test_foreground_masks_are_sliced_too() -> None:
    generator = tiny_generator(foreground=True).eval()
    maps, masks = rand(1, 7, 2, 4, 6), rand(1, 5, 1, 4, 6)
    state = RolloutState(rand(1, 2, 3, 4, 6), maps[:, :2])
    rollout = SequentialRollout(generator)

    whole, _ = rollout(maps[:, 2:], state, foreground_masks=masks)
    segments = rollout_segments(rollout, maps[:, 2:], state, length=2, foreground_masks=masks)

    parts = [each.output.frames for each in segments]
    assert [part.shape[1] for part in parts] == [2, 2, 1]
    assert torch.equal(torch.cat(parts, 1), whole.frames)


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"length": 0}, "length must be at least 1, got 0"),
        ({"length": 7}, "length must be at most the number of frames T in conditions = 6, got 7"),
        ({"length": 3, "overlap": 3}, "overlap must be below length = 3, got 3"),
        ({"length": 3, "overlap": -1}, "overlap must be at least 0, got -1"),
    ],
)
def test_lengths_out_of_range_raise_at_once(options: dict, rule: str) -> None:
    conditions, state, others = inputs(6)
    rollout = SequentialRollout(RecurrentGenerator())
    with pytest.raises(ValueError, match=re.escape(f"rollout_segments: {rule}")):
        rollout_segments(rollout, conditions, state, **options, **others)
