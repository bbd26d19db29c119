"""A generator with a memory of its own and with inputs beside conditions: T frames are T steps."""

from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from tests.assertions import rand
from tests.networks import (
    LinearGenerator,
    RecurrentGenerator,
    assert_module_compiles,
    assert_same_bits,
)
from vidgan.checkpoint import load_checkpoint, save_checkpoint
from vidgan.outputs import FrameOutput
from vidgan.rollout import RolloutState, SequentialRollout, StreamingGenerator

SIZE = (4, 6)


def inputs(num_frames: int, seed: int = 0) -> tuple[Tensor, RolloutState, dict, dict]:
    options = {"dtype": torch.float64}
    maps = rand(2, 1 + num_frames, 3, *SIZE, seed=seed, **options)
    state = RolloutState(rand(2, 1, 3, *SIZE, seed=seed + 1, **options), maps[:, :1])
    motion = rand(2, num_frames, 3, *SIZE, seed=seed + 2, **options)
    style = rand(2, 3, seed=seed + 3, **options)
    return maps[:, 1:], state, {"motion": motion}, {"style": style}


def by_hand(
    generator: nn.Module, num_frames: int, *, length: int, memory_length: int, seed: int = 0
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """One call of the generator per frame; past and memory are detached where they are to be."""
    conditions, state, per_frame, constant = inputs(num_frames, seed)
    frames, previous = [state.past_frames[:, 0]], state.past_conditions[:, 0]
    memory: dict[str, tuple[Tensor, ...]] = {}
    for t in range(num_frames):
        last = frames[-1].detach() if t % length == 0 else frames[-1]
        if t % memory_length == 0:
            memory = {name: tuple(p.detach() for p in parts) for name, parts in memory.items()}
        window = torch.stack([previous, conditions[:, t]], 1)
        step = generator(
            window,
            last[:, None],
            style=constant["style"],
            motion=per_frame["motion"][:, t],
            **memory,
        )
        frames.append(step.frame)
        previous, memory = conditions[:, t], {"memory": step.memory}
    return torch.stack(frames[1:], 1), memory["memory"]


@given(
    num_frames=st.integers(1, 6),
    length=st.integers(1, 4),
    memory_length=st.none() | st.integers(1, 4),
    activation_checkpointing=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_a_rollout_is_its_steps_and_so_are_its_gradients(
    num_frames: int,
    length: int,
    memory_length: int | None,
    activation_checkpointing: bool,
    seed: int,
) -> None:
    conditions, state, per_frame, constant = inputs(num_frames, seed)
    results = []
    for whole in (True, False):
        generator = RecurrentGenerator()
        if whole:
            output, after = SequentialRollout(
                generator,
                backprop_length=length,
                memory_backprop_length=memory_length,
                activation_checkpointing=activation_checkpointing,
            )(conditions, state, per_frame=per_frame, constant=constant)
            frames, memory = output.frames, after.memory
        else:
            reach = {"length": length, "memory_length": memory_length or length}
            frames, memory = by_hand(generator, num_frames, **reach, seed=seed)
        frames.square().sum().backward()
        gradients = [weight.grad for weight in generator.parameters()]
        results.append([frames.detach(), [part.detach() for part in memory], gradients])

    assert_same_bits(*results)
    assert not any(part.requires_grad for part in tree_leaves(after))
    assert memory[1].tolist() == [num_frames] * 2


@pytest.mark.parametrize("length", [1, 3])
def test_gradients_reach_other_inputs_with_and_without_checkpointing(length: int) -> None:
    results = []
    for activation_checkpointing in (True, False):
        conditions, state, per_frame, constant = inputs(4)
        leaves = [per_frame["motion"].requires_grad_(), constant["style"].requires_grad_()]
        rollout = SequentialRollout(
            RecurrentGenerator(),
            backprop_length=length,
            activation_checkpointing=activation_checkpointing,
        )
        output, _ = rollout(conditions, state, per_frame=per_frame, constant=constant)
        output.frames.square().sum().backward()
        results.append([leaf.grad for leaf in leaves])
        assert all(leaf.grad.abs().min() > 0 for leaf in leaves)

    assert_same_bits(*results)


@given(cuts=st.lists(st.integers(1, 3), min_size=1, max_size=4), seed=st.integers(0, 2**31))
def test_chunks_and_streams_continue_the_memory(cuts: list[int], seed: int) -> None:
    conditions, state, per_frame, constant = inputs(sum(cuts), seed)
    generator = RecurrentGenerator()
    rollout = SequentialRollout(generator)
    whole, whole_after = rollout(conditions, state, per_frame=per_frame, constant=constant)

    stream = StreamingGenerator(generator)
    stream.reset(state.past_frames, state.past_conditions)
    parts = zip(conditions.split(cuts, 1), per_frame["motion"].split(cuts, 1), strict=True)
    chunks = []
    for maps, motion in parts:
        output, state = rollout(maps, state, per_frame={"motion": motion}, constant=constant)
        chunks.append(output.frames)
    frames = [
        stream.step(conditions[:, t], motion=per_frame["motion"][:, t], **constant)
        for t in range(sum(cuts))
    ]

    assert_same_bits(torch.cat(chunks, 1), whole.frames)
    assert_same_bits(list(state), list(whole_after))
    assert_same_bits(torch.stack(frames, 1), whole.frames.detach())


def test_a_stream_forgets_the_memory_with_reset() -> None:
    conditions, state, per_frame, constant = inputs(2)
    stream = StreamingGenerator(RecurrentGenerator())
    for _ in range(2):
        stream.reset(state.past_frames, state.past_conditions)
        parts = stream.step_with_parts(
            conditions[:, 0], motion=per_frame["motion"][:, 0], **constant
        )
        assert parts.memory[1].tolist() == [1, 1]


def test_gradients_of_the_memory_reach_as_far_as_they_are_let() -> None:
    """With decay 0, frame t sees condition s through the memory alone: keep ** (t - s)."""
    conditions, state, per_frame, constant = inputs(4)
    conditions.requires_grad_()
    for length in (1, 2, 3, 4):
        rollout = SequentialRollout(
            RecurrentGenerator(decay=0.0), backprop_length=1, memory_backprop_length=length
        )
        output, _ = rollout(conditions, state, per_frame=per_frame, constant=constant)
        for t in range(4):
            slope = 1 - output.frames[0, t].square()  # of tanh
            target = (output.frames[0, t] / slope.detach()).sum()
            (got,) = torch.autograd.grad(target, conditions, retain_graph=True)
            reach = [
                0.5 ** (t - s) if s <= t and s // length == t // length else 0.0 for s in range(4)
            ]
            assert got[0, :, 0, 0, 0].tolist() == pytest.approx(reach)


def test_a_state_with_a_memory_survives_a_checkpoint(tmp_path) -> None:
    conditions, state, per_frame, constant = inputs(3)
    rollout = SequentialRollout(RecurrentGenerator())
    _, state = rollout(conditions, state, per_frame=per_frame, constant=constant)

    save_checkpoint(tmp_path / "state.pt", {"state": state._asdict()})
    loaded = RolloutState(**load_checkpoint(tmp_path / "state.pt")["state"])

    assert_same_bits(loaded, state)
    assert isinstance(loaded.memory, tuple)
    again = {"per_frame": per_frame, "constant": constant}
    assert_same_bits(
        rollout(conditions, loaded, **again)[0], rollout(conditions, state, **again)[0]
    )


def test_detach_memory() -> None:
    parts = (rand(1, 2).requires_grad_() * 2, torch.ones(1, dtype=torch.long))
    frames = rand(1, 1, 3, *SIZE).requires_grad_() * 2
    state = RolloutState(frames, frames, (), parts)

    assert state.detach_frames().memory is parts
    assert not state.detach_memory().memory[0].requires_grad
    assert state.detach_memory().past_frames is frames
    assert not any(part.requires_grad for part in tree_leaves(state.detach()))


def test_compiles_with_a_memory_and_other_inputs() -> None:
    conditions, state, per_frame, constant = inputs(3)
    rollout = SequentialRollout(RecurrentGenerator(), memory_backprop_length=3)
    state = state._replace(memory=(rand(2, 3, *SIZE, dtype=torch.float64), torch.ones(2).long()))

    assert_module_compiles(rollout, conditions, state, per_frame=per_frame, constant=constant)


def test_a_compiled_step_with_a_memory_has_two_graphs() -> None:
    """One for the first frame of a video, one for all others, whatever the length."""
    torch.compiler.reset()
    graphs = []

    def backend(graph, example_inputs):
        graphs.append(graph)
        return graph.forward

    generator = RecurrentGenerator()
    compiled = torch.compile(generator, fullgraph=True, backend=backend)
    for num_frames in (1, 3, 6):
        conditions, state, per_frame, constant = inputs(num_frames)
        others = {"per_frame": per_frame, "constant": constant}
        with torch.no_grad():
            got, _ = SequentialRollout(compiled)(conditions, state, **others)
            want, _ = SequentialRollout(generator)(conditions, state, **others)
        torch.testing.assert_close(got, want)
    assert len(graphs) == 2


def test_inputs_of_any_type_are_passed_on() -> None:
    """What is constant is passed as it is; what is per frame may be integers."""
    seen = []

    class Listening(LinearGenerator):
        def forward(self, conditions: Tensor, past: Tensor, *, text: str, label: Tensor):
            seen.append((text, label.tolist()))
            return super().forward(conditions, past)

    state = RolloutState(rand(2, 2, 3, *SIZE), rand(2, 2, 3, *SIZE))
    labels = torch.arange(6).view(2, 3)
    SequentialRollout(Listening())(
        rand(2, 3, 3, *SIZE), state, per_frame={"label": labels}, constant={"text": "dusk"}
    )

    assert seen == [("dusk", [0, 3]), ("dusk", [1, 4]), ("dusk", [2, 5])]


def test_names_given_twice_raise() -> None:
    conditions, state, per_frame, constant = inputs(2)
    rollout = SequentialRollout(RecurrentGenerator())
    rule = "SequentialRollout: constant must not hold 'motion', which is in per_frame too"
    with pytest.raises(ValueError, match=rule):
        rollout(conditions, state, per_frame=per_frame, constant=constant | per_frame)
    rule = "SequentialRollout: per_frame must not hold 'memory', which is an argument of its own"
    with pytest.raises(ValueError, match=rule):
        rollout(conditions, state, per_frame={"memory": conditions}, constant=constant)
    rule = "StreamingGenerator.step: inputs must not hold 'past', which is an argument of its own"
    with pytest.raises(ValueError, match=rule):
        StreamingGenerator(RecurrentGenerator()).step(conditions[:, 0], past=conditions)


@pytest.mark.parametrize("axis", [0, 1])
def test_per_frame_inputs_of_another_length_raise(axis: int) -> None:
    conditions, state, _, constant = inputs(3)
    shape = [2, 3, 5]
    shape[axis] += 1
    rule = (
        "SequentialRollout: per_frame['motion'] must have shape (2, 3, ...) to fit conditions, "
        f"got {tuple(shape)}"
    )
    with pytest.raises(ValueError, match=re.escape(rule)):
        SequentialRollout(RecurrentGenerator())(
            conditions, state, per_frame={"motion": torch.zeros(shape)}, constant=constant
        )


def test_an_input_that_the_generator_does_not_know_raises() -> None:
    conditions, state, per_frame, constant = inputs(3)
    rule = (
        "SequentialRollout: the generator must accept the call generator(conditions, past, "
        "motion=, style=, text=), got RecurrentGenerator(conditions, past, style, motion, memory)"
        ": got an unexpected keyword argument 'text'"
    )
    with pytest.raises(TypeError, match=re.escape(rule)):
        SequentialRollout(RecurrentGenerator())(
            conditions, state, per_frame=per_frame, constant=constant | {"text": "dusk"}
        )
    rule = "the generator must accept the call .*: missing a required argument: 'style'"
    with pytest.raises(TypeError, match=rule):
        StreamingGenerator(RecurrentGenerator()).step(conditions[:, 0])


class Returning(nn.Module):
    """A generator that returns what it is told to."""

    past_frames = 1

    def __init__(self, result: object) -> None:
        super().__init__()
        self.result = result

    def forward(self, *_: Tensor, **__: object) -> object:
        return self.result


FRAME = torch.zeros(2, 3, *SIZE)


@pytest.mark.parametrize(
    ("result", "rule"),
    [
        (FRAME, "must return a vidgan.outputs.FrameOutput, got a Tensor; return FrameOutput(frame"),
        ((FRAME, FRAME), "must return a vidgan.outputs.FrameOutput, got a tuple of 2; return"),
        (None, "must return a vidgan.outputs.FrameOutput, got a NoneType; return FrameOutput"),
        (
            FrameOutput(FRAME, FRAME, memory=FRAME),
            "the memory that the generator returns must be a tuple of tensors, got Tensor",
        ),
        (
            FrameOutput(FRAME, FRAME, memory=(FRAME, 3)),
            "the memory that the generator returns must be a tuple of tensors, got tuple of Tensor,"
            " int",
        ),
    ],
)
def test_a_wrong_return_value_raises(result: object, rule: str) -> None:
    state = RolloutState(FRAME[:, None], FRAME[:, None])
    with pytest.raises(TypeError, match=re.escape(rule)) as error:
        SequentialRollout(Returning(result))(FRAME[:, None], state)
    assert str(error.value).startswith("SequentialRollout: the ")
    stream = StreamingGenerator(Returning(result))
    stream.reset(FRAME[:, None])
    with pytest.raises(TypeError) as streamed:
        stream.step(FRAME)
    assert str(streamed.value) == str(error.value).replace(
        "SequentialRollout", "StreamingGenerator.step"
    )


@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_each_axis_of_a_returned_frame_alone(axis: int) -> None:
    shape = list(FRAME.shape)
    shape[axis] += 1
    frame = torch.zeros(shape)
    rule = (
        "SequentialRollout: the frame that the generator returns must have shape (2, 3, 4, 6) as "
        f"in past frames, got {tuple(shape)}"
    )
    with pytest.raises(ValueError, match=re.escape(rule)):
        SequentialRollout(Returning(FrameOutput(frame, frame)))(
            FRAME[:, None], RolloutState(FRAME[:, None], FRAME[:, None])
        )
