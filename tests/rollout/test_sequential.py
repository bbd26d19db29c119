"""Whole chunks of frames: T frames are T steps, and gradients reach as far as they are let."""

from __future__ import annotations

import functools
import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch._dynamo.utils import counters
from torch.utils._pytree import tree_leaves

from tests.assertions import mask, rand
from tests.networks import (
    LinearGenerator,
    assert_module_compiles,
    assert_same_bits,
    tiny_generator,
)
from vidgan.outputs import RolloutOutput
from vidgan.protocols import FrameGenerator
from vidgan.rollout import RolloutState, SequentialRollout, StreamingGenerator

SIZE = (4, 6)


def inputs(
    generator: FrameGenerator, num_frames: int, *, seed: int = 0, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, RolloutState]:
    """Conditions of ``num_frames`` frames, and the state before them."""
    length, channels = generator.past_frames, getattr(generator, "condition_channels", 3)
    maps = rand(2, length + num_frames, channels, *SIZE, seed=seed, dtype=dtype)
    frames = rand(
        2, length, getattr(generator, "image_channels", 3), *SIZE, seed=seed + 1, dtype=dtype
    )
    return maps[:, length:], RolloutState(frames, maps[:, :length])


def by_hand(
    generator: nn.Module,
    conditions: Tensor,
    state: RolloutState,
    *,
    foreground_masks: Tensor | None = None,
    hallucinate_only: bool = False,
) -> tuple[list[Tensor | None], RolloutState]:
    """One call of the generator per frame, on slices of two growing lists."""
    length = generator.past_frames
    frames = list(state.past_frames.unbind(1))
    maps = [*state.past_conditions.unbind(1), *conditions.unbind(1)]
    steps = []
    for t in range(conditions.shape[1]):
        step = generator(
            torch.stack(maps[t : t + length + 1], 1),
            torch.stack(frames[t : t + length], 1),
            foreground_mask=None if foreground_masks is None else foreground_masks[:, t],
            hallucinate_only=hallucinate_only,
        )
        steps.append(step)
        frames.append(step.frame)
    parts = zip(*(step[:5] for step in steps), strict=True)
    outputs = [None if part[0] is None else torch.stack(part, 1) for part in parts]
    after = RolloutState(torch.stack(frames[-length:], 1), torch.stack(maps[-length:], 1))
    return outputs, after


@given(
    past_frames=st.integers(1, 4),
    num_frames=st.integers(1, 7),
    decay=st.floats(-1, 1),
    foreground=st.booleans(),
    hallucinate_only=st.booleans(),
    backprop_length=st.integers(1, 8),
    activation_checkpointing=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_a_rollout_is_its_steps(
    past_frames: int,
    num_frames: int,
    decay: float,
    foreground: bool,
    hallucinate_only: bool,
    backprop_length: int,
    activation_checkpointing: bool,
    seed: int,
) -> None:
    generator = LinearGenerator(past_frames, decay=decay, foreground=foreground)
    conditions, state = inputs(generator, num_frames, seed=seed)
    masks = mask(2, num_frames, 1, *SIZE, seed=seed + 2) if foreground else None
    options = {"foreground_masks": masks, "hallucinate_only": hallucinate_only}

    rollout = SequentialRollout(
        generator,
        backprop_length=backprop_length,
        activation_checkpointing=activation_checkpointing,
    )
    output, after = rollout(conditions, state, **options)

    want, want_after = by_hand(generator, conditions, state, **options)
    assert_same_bits(list(output), want)
    assert_same_bits(list(after), list(want_after))
    if not hallucinate_only:
        stream = StreamingGenerator(generator)
        stream.reset(*state[:2])
        for t in range(num_frames):
            frame = stream.step(
                conditions[:, t], foreground_mask=None if masks is None else masks[:, t]
            )
            assert torch.equal(frame, output.frames[:, t])


@given(
    cuts=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    past_frames=st.integers(1, 3),
    seed=st.integers(0, 2**31),
)
def test_chunks_are_one_long_rollout(cuts: list[int], past_frames: int, seed: int) -> None:
    generator = LinearGenerator(past_frames)
    rollout = SequentialRollout(generator)
    conditions, state = inputs(generator, sum(cuts), seed=seed)

    whole, whole_after = rollout(conditions, state)
    chunks = []
    for chunk in conditions.split(cuts, 1):
        output, state = rollout(chunk, state)
        chunks.append(output)

    assert_same_bits([torch.cat(part, 1) for part in zip(*chunks, strict=True)], list(whole))
    assert_same_bits(list(state), list(whole_after))


@functools.cache
def cached_generator(past_frames: int, *, flow: bool, foreground: bool):
    return tiny_generator(past_frames=past_frames, num_blocks=0, flow=flow, foreground=foreground)


@settings(max_examples=12)
@given(
    past_frames=st.integers(1, 3),
    flow=st.booleans(),
    foreground=st.booleans(),
    num_frames=st.integers(1, 4),
    seed=st.integers(0, 2**31),
)
def test_a_rollout_of_the_papers_generator_is_its_steps(
    past_frames: int, flow: bool, foreground: bool, num_frames: int, seed: int
) -> None:
    generator = cached_generator(past_frames, flow=flow, foreground=foreground)
    conditions, state = inputs(generator, num_frames, seed=seed)
    masks = mask(2, num_frames, 1, *SIZE, seed=seed + 2) if foreground else None

    output, after = SequentialRollout(generator, backprop_length=9)(
        conditions, state, foreground_masks=masks
    )

    want, want_after = by_hand(generator, conditions, state, foreground_masks=masks)
    assert_same_bits([None if part is None else part.detach() for part in output], want)
    assert_same_bits(list(after), list(want_after.detach()))
    assert isinstance(output, RolloutOutput)
    assert (output.flows is None) == (not flow)


@pytest.mark.parametrize("norm", ["batch", "instance_tracked"])
def test_running_statistics_move_once_a_frame(norm: str) -> None:
    generator, other = tiny_generator(norm=norm), tiny_generator(norm=norm)
    conditions, state = inputs(generator, 3)

    SequentialRollout(generator)(conditions, state)
    by_hand(other, conditions, state)

    assert_same_bits(generator.state_dict(), other.state_dict())


# Gradients: x_t = decay * x_{t-1} + c_t, so dx_t / dc_s = decay**(t-s) where it is let through.


@pytest.mark.parametrize("activation_checkpointing", [True, False])
@pytest.mark.parametrize("backprop_length", [1, 2, 3, 5, 6, 99])
def test_gradients_reach_back_to_the_last_detached_frame(
    backprop_length: int, activation_checkpointing: bool
) -> None:
    num_frames, decay = 6, 0.5
    generator = LinearGenerator(decay=decay)
    conditions, state = inputs(generator, num_frames, dtype=torch.float64)
    conditions.requires_grad_()
    first_frames = state.past_frames.requires_grad_()
    rollout = SequentialRollout(
        generator,
        backprop_length=backprop_length,
        activation_checkpointing=activation_checkpointing,
    )

    output, _ = rollout(conditions, state)

    for t in range(num_frames):
        (gradient,) = torch.autograd.grad(output.frames[:, t].sum(), conditions, retain_graph=True)
        reach = [
            decay ** (t - s) if s <= t and t // backprop_length == s // backprop_length else 0.0
            for s in range(num_frames)
        ]
        assert gradient[0, :, 0, 0, 0].tolist() == pytest.approx(reach)
    frames = torch.autograd.grad(output.frames.sum(), first_frames, allow_unused=True)
    assert frames == (None,)


@pytest.mark.parametrize("backprop_length", [1, 2, 4])
def test_gradient_of_a_weight(backprop_length: int) -> None:
    """``decay`` gets x_{t-1} from each frame, and what it did to the frames within reach."""
    generator = LinearGenerator(decay=0.5)
    conditions, state = inputs(generator, 4, dtype=torch.float64)

    output, _ = SequentialRollout(generator, backprop_length=backprop_length)(conditions, state)
    output.frames.sum().backward()

    expected, slope, last = 0.0, 0.0, state.past_frames[:, -1]
    for t in range(4):
        slope = last + 0.5 * (0.0 if t % backprop_length == 0 else slope)
        last = 0.5 * last + conditions[:, t]
        expected += float(slope.sum())
    assert float(generator.decay.grad) == pytest.approx(expected)


def test_past_conditions_keep_their_gradient() -> None:
    """An encoder that computes condition maps is trained through every window they are in."""

    class Sums(LinearGenerator):
        def forward(self, conditions: Tensor, past: Tensor, **options):
            return super().forward(conditions.cumsum(1), past, **options)

    generator = Sums(2, decay=0.0)
    conditions, state = inputs(generator, 3, dtype=torch.float64)
    conditions.requires_grad_()

    output, _ = SequentialRollout(generator)(conditions, state)
    output.frames.sum().backward()

    assert conditions.grad[0, :, 0, 0, 0].tolist() == [3, 2, 1]


@pytest.mark.parametrize("backprop_length", [1, 3])
def test_returned_state_is_detached(backprop_length: int) -> None:
    generator = LinearGenerator()
    conditions, state = inputs(generator, 3)

    output, after = SequentialRollout(generator, backprop_length=backprop_length)(
        conditions.requires_grad_(), state
    )

    assert output.frames.requires_grad
    assert not any(part.requires_grad for part in tree_leaves(after))
    assert torch.equal(after.past_frames, output.frames[:, -2:].detach())


@pytest.mark.parametrize("foreground", [True, False])
def test_hallucinate_only(foreground: bool) -> None:
    generator = tiny_generator(foreground=foreground)
    conditions, state = inputs(generator, 3)
    masks = mask(2, 3, 1, *SIZE) if foreground else None

    output, _ = SequentialRollout(generator)(
        conditions, state, foreground_masks=masks, hallucinate_only=True
    )

    assert torch.equal(output.frames, output.hallucinated)
    assert output.flows.shape == (2, 3, 2, *SIZE)


def test_eval_mode_is_deterministic_and_changes_nothing() -> None:
    generator = tiny_generator(norm="batch").eval()
    conditions, state = inputs(generator, 3)
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    rollout = SequentialRollout(generator)

    assert_same_bits(rollout(conditions, state), rollout(conditions, state))
    assert_same_bits(dict(generator.state_dict()), before)


def test_bfloat16_autocast() -> None:
    generator = tiny_generator()
    conditions, state = inputs(generator, 3)

    with torch.autocast("cpu", torch.bfloat16):
        output, after = SequentialRollout(generator, backprop_length=3)(conditions, state)
        loss = output.frames.float().square().mean()
    loss.backward()

    assert output.warped.dtype == torch.float32
    assert after.past_frames.dtype == torch.float32
    assert all(weight.grad.isfinite().all() for weight in generator.parameters())


@pytest.mark.parametrize("backprop_length", [1, 2])
def test_compiles(backprop_length: int) -> None:
    generator = tiny_generator(num_blocks=0, norm="instance_tracked")
    conditions, state = inputs(generator, 2)

    assert_module_compiles(
        SequentialRollout(generator, backprop_length=backprop_length), conditions, state
    )


def test_rolls_a_compiled_step_of_any_chunk_length() -> None:
    """What is compiled is one step: other lengths compile nothing more."""
    torch.compiler.reset()
    generator = tiny_generator(num_blocks=0)
    graphs = []

    def backend(graph, example_inputs):
        graphs.append(graph)
        return graph.forward

    compiled = torch.compile(generator, fullgraph=True, backend=backend)
    for num_frames in range(1, 11):
        conditions, state = inputs(generator, num_frames)
        with torch.no_grad():
            got, _ = SequentialRollout(compiled)(conditions, state)
            want, _ = SequentialRollout(generator)(conditions, state)
        torch.testing.assert_close(got, want)
    assert len(graphs) == 1


@pytest.mark.parametrize("batch", [1, 2])
def test_parts_of_longer_clips_compile_nothing_more(batch: int) -> None:
    """A part of a clip has strides that depend on the clip's length, even in a batch of one."""
    torch.compiler.reset()
    counters.clear()
    generator = tiny_generator(foreground=True)
    compiled = SequentialRollout(torch.compile(generator, fullgraph=True, backend="eager"))
    for length in (5, 6, 9):
        maps, masks = rand(batch, length, 2, *SIZE), mask(batch, length, 1, *SIZE)
        frames = rand(batch, length, 3, *SIZE)
        state = RolloutState(frames[:, :2], maps[:, :2])
        got, _ = compiled(maps[:, 2:], state, foreground_masks=masks[:, 2:])
        plain, _ = SequentialRollout(generator)(maps[:, 2:], state, foreground_masks=masks[:, 2:])
        assert_same_bits(got.frames, plain.frames)
    assert counters["stats"]["unique_graphs"] == 1
    torch.compiler.reset()


def wrong(parts: RolloutState, field: str, axis: int) -> RolloutState:
    value = getattr(parts, field)
    shape = [size + (axis == i) for i, size in enumerate(value.shape)]
    return parts._replace(**{field: torch.zeros(shape)})


@pytest.mark.parametrize(
    ("field", "axes"), [("past_frames", [0, 1, 3, 4]), ("past_conditions", [0, 1, 2, 3, 4])]
)
def test_each_axis_of_the_state_alone(field: str, axes: list[int]) -> None:
    generator = LinearGenerator()
    conditions, state = inputs(generator, 3)
    for axis in axes:
        other = wrong(state, field, axis)
        channels = "C" if field == "past_frames" else "3"
        rule = (
            f"SequentialRollout: state.{field} must have shape (2, 2, {channels}, 4, 6) as in "
            f"conditions and the generator's past_frames, got {tuple(getattr(other, field).shape)}"
        )
        with pytest.raises(ValueError, match=re.escape(rule)):
            SequentialRollout(generator)(conditions, other)


@pytest.mark.parametrize("axis", [0, 1, 2, 3, 4])
def test_each_axis_of_the_foreground_masks_alone(axis: int) -> None:
    generator = LinearGenerator(foreground=True)
    conditions, state = inputs(generator, 3)
    shape = [2, 3, 1, *SIZE]
    shape[axis] += 1
    rule = "SequentialRollout: foreground_masks must have shape (2, 3, 1, 4, 6) as in conditions"

    with pytest.raises(ValueError, match=re.escape(rule)):
        SequentialRollout(generator)(conditions, state, foreground_masks=torch.zeros(shape))


def test_no_frame_raises() -> None:
    generator = LinearGenerator()
    conditions, state = inputs(generator, 3)
    rule = "SequentialRollout: the number of frames T in conditions must be at least 1, got 0"

    with pytest.raises(ValueError, match=rule):
        SequentialRollout(generator)(conditions[:, :0], state)


def test_frame_in_place_of_a_video_raises() -> None:
    generator = LinearGenerator()
    conditions, state = inputs(generator, 3)
    rule = r"SequentialRollout: conditions must have shape \(B, T, C, H, W\), got \(2, 3, 4, 6\)"

    with pytest.raises(ValueError, match=rule):
        SequentialRollout(generator)(conditions[:, 0], state)


def test_whole_numbers_raise() -> None:
    generator = LinearGenerator()
    conditions, state = inputs(generator, 3)
    rollout = SequentialRollout(generator)

    with pytest.raises(TypeError, match="conditions must be a floating-point tensor"):
        rollout(conditions.long(), state)
    for field in ("past_frames", "past_conditions"):
        other = state._replace(**{field: getattr(state, field).long()})
        with pytest.raises(TypeError, match=f"state.{field} must be a floating-point tensor"):
            rollout(conditions, other)


def test_backprop_length_out_of_range_raises() -> None:
    rule = "SequentialRollout: backprop_length must be at least 1, got 0"
    with pytest.raises(ValueError, match=rule):
        SequentialRollout(LinearGenerator(), backprop_length=0)
