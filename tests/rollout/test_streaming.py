"""One condition in, one frame out, in constant memory."""

from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from tests.assertions import mask, rand
from tests.networks import LinearGenerator, assert_same_bits, tiny_generator
from vidgan.rollout import RolloutState, SequentialRollout, StreamingGenerator

SIZE = (4, 6)


def video(generator, num_frames: int = 5):
    """First frames with their maps, and the maps of the frames to come."""
    length = generator.past_frames
    frames = rand(2, length, generator.image_channels, *SIZE)
    maps = rand(2, length + num_frames, generator.condition_channels, *SIZE, seed=1)
    return frames, maps[:, :length], maps[:, length:]


@pytest.mark.parametrize("past_frames", [1, 2, 3])
@pytest.mark.parametrize("norm", ["batch", "instance_tracked"])
@pytest.mark.parametrize("foreground", [True, False])
def test_streams_what_the_rollout_draws(past_frames: int, norm: str, foreground: bool) -> None:
    generator = tiny_generator(past_frames=past_frames, norm=norm, foreground=foreground).eval()
    frames, past_maps, maps = video(generator)
    masks = mask(2, 5, 1, *SIZE) if foreground else None

    output, _ = SequentialRollout(generator)(
        maps, RolloutState(frames, past_maps), foreground_masks=masks
    )
    stream = StreamingGenerator(generator)
    stream.reset(frames, past_maps)

    for t in range(5):
        parts = stream.step_with_parts(
            maps[:, t], foreground_mask=None if masks is None else masks[:, t]
        )
        assert_same_bits(list(parts[:5]), [part[:, t].detach() for part in output])
        assert not parts.frame.requires_grad


@pytest.mark.parametrize("flow", [True, False])
@pytest.mark.parametrize("image_channels", [1, 3, 4])
@pytest.mark.parametrize("told", [True, False])
def test_makes_its_own_first_frame(flow: bool, image_channels: int, told: bool) -> None:
    """Zeros and the first condition serve as the past; then it continues as usual."""
    generator = tiny_generator(image_channels=image_channels, flow=flow).eval()
    _, _, maps = video(generator)
    state = RolloutState(
        torch.zeros(2, 2, image_channels, *SIZE), torch.stack([maps[:, 0], maps[:, 0]], 1)
    )
    rollout = SequentialRollout(generator)
    first, state = rollout(maps[:, :1], state, hallucinate_only=True)
    rest, _ = rollout(maps[:, 1:], state)

    stream = StreamingGenerator(generator)
    if told:
        stream.reset()
    generated = torch.stack([stream.step(maps[:, t]) for t in range(5)], 1)

    assert_same_bits(generated, torch.cat([first.frames, rest.frames], 1).detach())


def test_first_condition_stands_in_for_the_past_ones() -> None:
    generator = tiny_generator().eval()
    frames, _, maps = video(generator)
    stream, other = StreamingGenerator(generator), StreamingGenerator(generator)

    stream.reset(frames)
    other.reset(frames, torch.stack([maps[:, 0], maps[:, 0]], 1))

    for t in range(3):
        assert torch.equal(stream.step(maps[:, t]), other.step(maps[:, t]))


def test_reset_forgets_everything() -> None:
    generator = tiny_generator().eval()
    frames, past_maps, maps = video(generator)
    stream, fresh = StreamingGenerator(generator), StreamingGenerator(generator)
    stream.reset(frames, past_maps)
    for t in range(3):
        stream.step(maps[:, t])

    stream.reset()

    assert torch.equal(stream.step(maps[:, 3]), fresh.step(maps[:, 3]))
    stream.reset(frames, past_maps)
    fresh.reset(frames, past_maps)
    assert torch.equal(stream.step(maps[:, 3]), fresh.step(maps[:, 3]))


def test_reset_allows_another_size() -> None:
    stream = StreamingGenerator(tiny_generator().eval())
    stream.step(rand(2, 2, 4, 6))

    stream.reset()

    assert stream.step(rand(1, 2, 8, 6)).shape == (1, 3, 8, 6)


@pytest.mark.parametrize("own_first_frame", [True, False])
def test_memory_is_constant(own_first_frame: bool) -> None:
    """The state owns L frames and a window of L + 1 maps, however long the stream."""
    generator = tiny_generator().eval()
    frames, past_maps, maps = video(generator)
    stream = StreamingGenerator(generator)
    if not own_first_frame:
        stream.reset(frames, past_maps)

    sizes = set()
    for t in range(30):
        stream.step(maps[:, t % 5])
        kept = [part.untyped_storage().nbytes() for part in tree_leaves(stream._state)]
        sizes.add(tuple(kept))

    assert sizes == {(4 * frames.numel(), 4 * past_maps.numel() // 2 * 3)}
    assert not any(part.requires_grad for part in tree_leaves(stream._state))


def test_given_tensors_are_left_alone() -> None:
    generator = tiny_generator().eval()
    given = video(generator)
    before = [part.clone() for part in given]
    stream = StreamingGenerator(generator)

    stream.reset(given[0], given[1])
    for t in range(4):
        stream.step(given[2][:, t])

    assert_same_bits(list(given), before)


def test_compiled_generator() -> None:
    torch.compiler.reset()
    generator = tiny_generator(num_blocks=0).eval()
    compiled = torch.compile(generator, fullgraph=True, backend="aot_eager")
    frames, past_maps, maps = video(generator)
    stream, eager = StreamingGenerator(compiled), StreamingGenerator(generator)
    stream.reset(frames, past_maps)
    eager.reset(frames, past_maps)

    for t in range(3):
        torch.testing.assert_close(stream.step(maps[:, t]), eager.step(maps[:, t]))


def test_a_failed_step_changes_nothing() -> None:
    generator = tiny_generator(foreground=True).eval()
    frames, past_maps, maps = video(generator)
    stream, other = StreamingGenerator(generator), StreamingGenerator(generator)
    masks = mask(2, 1, *SIZE)
    for each in (stream, other):
        each.reset(frames, past_maps)
        each.step(maps[:, 0], foreground_mask=masks)

    with pytest.raises(ValueError, match="foreground_mask must be given"):
        stream.step(maps[:, 1])

    assert torch.equal(
        stream.step(maps[:, 1], foreground_mask=masks),
        other.step(maps[:, 1], foreground_mask=masks),
    )


def test_a_failed_reset_changes_nothing() -> None:
    stream = StreamingGenerator(LinearGenerator())
    stream.reset(rand(1, 2, 3, *SIZE))
    stream.step(rand(1, 3, *SIZE))
    state = stream._state

    with pytest.raises(ValueError, match="past_frames must have shape"):
        stream.reset(rand(1, 3, 3, *SIZE))

    assert stream._state is state


@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_each_axis_of_a_later_condition_alone(axis: int) -> None:
    stream = StreamingGenerator(tiny_generator().eval())
    stream.step(rand(2, 2, *SIZE))
    shape = [2, 2, *SIZE]
    shape[axis] += 2
    rule = (
        "StreamingGenerator.step: condition must have shape (2, 2, 4, 6) as in the frames before; "
        f"reset() starts a new video, got {tuple(shape)}"
    )

    with pytest.raises(ValueError, match=re.escape(rule)):
        stream.step(torch.zeros(shape))


@pytest.mark.parametrize("axis", [0, 3, 4])
def test_first_frames_of_another_size_raise(axis: int) -> None:
    stream = StreamingGenerator(tiny_generator().eval())
    shape = [2, 2, 3, *SIZE]
    shape[axis] += 2
    stream.reset(torch.zeros(shape))

    with pytest.raises(ValueError, match=r"past must have shape .* as in conditions"):
        stream.step(rand(2, 2, *SIZE))


def test_wrong_number_of_first_frames_raises() -> None:
    rule = (
        r"StreamingGenerator.reset: past_frames must have shape \(B, 2, C, H, W\) for the "
        r"generator's past_frames = 2, got \(1, 3, 3, 4, 6\)"
    )
    with pytest.raises(ValueError, match=rule):
        StreamingGenerator(LinearGenerator()).reset(rand(1, 3, 3, *SIZE))


@pytest.mark.parametrize("axis", [0, 1, 3, 4])
def test_each_axis_of_past_conditions_alone(axis: int) -> None:
    shape = [2, 2, 5, *SIZE]
    shape[axis] += 1
    rule = (
        "StreamingGenerator.reset: past_conditions must have shape (2, 2, C, 4, 6) as in "
        f"past_frames, got {tuple(shape)}"
    )

    with pytest.raises(ValueError, match=re.escape(rule)):
        StreamingGenerator(LinearGenerator()).reset(rand(2, 2, 3, *SIZE), torch.zeros(shape))


def test_past_conditions_alone_raise() -> None:
    rule = "StreamingGenerator.reset: past_conditions need past_frames beside them, got None"
    with pytest.raises(ValueError, match=rule):
        StreamingGenerator(LinearGenerator()).reset(past_conditions=rand(1, 2, 3, *SIZE))


def test_video_in_place_of_a_frame_raises() -> None:
    rule = (
        r"StreamingGenerator.step: condition must have shape \(B, C, H, W\), got \(1, 1, 3, 4, 6\)"
    )
    with pytest.raises(ValueError, match=rule):
        StreamingGenerator(LinearGenerator()).step(rand(1, 1, 3, *SIZE))


def test_whole_numbers_raise() -> None:
    stream, frames = StreamingGenerator(LinearGenerator()), rand(1, 2, 3, *SIZE)
    with pytest.raises(TypeError, match="condition must be a floating-point tensor"):
        stream.step(frames[:, 0].long())
    with pytest.raises(TypeError, match="past_frames must be a floating-point tensor"):
        stream.reset(frames.long())
    with pytest.raises(TypeError, match="past_conditions must be a floating-point tensor"):
        stream.reset(frames, frames.long())


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("last", [True, False])
def test_the_window_has_the_layout_of_the_weights(batch: int, last: bool) -> None:
    """Else convolutions copy it; PyTorch does not take a view of a batch of one for it."""
    generator = tiny_generator(condition_channels=3).eval()
    layout = torch.channels_last if last else torch.contiguous_format
    generator.to(memory_format=layout)
    seen: list[Tensor] = []
    generator.condition_encoder.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    frames, past_maps, maps = (part[:batch] for part in video(generator))

    output, _ = SequentialRollout(generator)(maps, RolloutState(frames, past_maps))
    want = [encoded.to(memory_format=layout) for encoded in seen]
    seen.clear()
    stream = StreamingGenerator(generator)
    stream.reset(frames, past_maps)
    got = torch.stack([stream.step(maps[:, t]) for t in range(5)], 1)

    assert_same_bits(got, output.frames.detach())
    assert_same_bits(seen, want)
    fresh = torch.empty(seen[0].shape, memory_format=layout)
    assert {maps.stride() for maps in seen} == {fresh.stride()}
