"""Several scales, each fed with frames of its own."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.assertions import mask, rand
from tests.networks import (
    assert_module_compiles,
    assert_same_bits,
    frame_inputs,
    outputs_and_gradients,
    tiny_generator,
)
from vidgan.functional import average_pyramid
from vidgan.generators import CoarseToFineGenerator
from vidgan.layers import init_weights
from vidgan.models import coarse_to_fine_generator
from vidgan.protocols import FrameGenerator
from vidgan.rollout import RolloutState, SequentialRollout, StreamingGenerator

SIZE = (16, 24)


def scales(num_scales: int = 2, *, seed: int = 0, **options) -> CoarseToFineGenerator:
    torch.manual_seed(seed)
    small = {
        "base_channels": 2 * 2 ** (num_scales - 1),
        "num_downsamplings": 1,
        "num_blocks": 2,
        "num_fine_blocks": 1,
        "norm": "instance",
    }
    generator = coarse_to_fine_generator(2, num_scales=num_scales, **(small | options))
    init_weights(generator, std=0.3)
    for part in generator.generators:
        if part.flow_branch is not None:
            part.flow_branch.flow_head.conv.weight.data *= 0.05
    return generator


def inputs(generator, **options):
    call = frame_inputs(generator.generators[0], SIZE, **options)
    return call


@pytest.mark.parametrize("num_scales", [1, 2, 3])
@pytest.mark.parametrize("flow", [True, False])
@pytest.mark.parametrize("foreground", [True, False])
def test_every_variant_draws_every_scale(num_scales: int, flow: bool, foreground: bool) -> None:
    generator = scales(num_scales, flow=flow, foreground=foreground)

    out = generator(**inputs(generator))

    assert isinstance(generator, FrameGenerator)
    assert generator.num_scales == num_scales
    sizes = [tuple(frame.shape[2:]) for frame in (out.frame, *out.coarser)]
    assert sizes == [(16 >> s, 24 >> s) for s in range(num_scales)]
    assert (out.flow is None) == (not flow)


def test_one_scale_is_its_generator() -> None:
    part = tiny_generator()
    call = frame_inputs(part)

    assert_same_bits(list(CoarseToFineGenerator([part])(**call)), list(part(**call)))


def test_first_frames_are_downsampled() -> None:
    generator = scales(3)
    call = inputs(generator)

    pooled = average_pyramid(call["past"], 3)[1:]

    assert_same_bits(list(generator(**call)), list(generator(**call, coarser_past=pooled)))


def test_each_scale_sees_its_own_past() -> None:
    """Zero flow and a mask of 0 copy the last past frame: that of the same scale."""
    generator = scales(3)
    for part in generator.generators:
        for conv, bias in (
            (part.flow_branch.flow_head.conv, 0.0),
            (part.flow_branch.occlusion_head.conv, -200.0),
        ):
            nn.init.zeros_(conv.weight)
            nn.init.constant_(conv.bias, bias)
    call = inputs(generator)
    coarser = [rand(2, 2, 3, 8, 12, seed=8), rand(2, 2, 3, 4, 6, seed=9)]

    out = generator(**call, coarser_past=coarser)

    generated = [out.frame, *out.coarser]
    for got, want in zip(generated, [call["past"], *coarser], strict=True):
        torch.testing.assert_close(got, want[:, -1], rtol=0, atol=1e-5)


def test_the_coarse_scale_changes_the_fine_one() -> None:
    """The features are added: with those of the coarse scale at zero, the frame differs."""
    generator = scales(2)
    call = inputs(generator)
    before = generator(**call)
    with torch.no_grad():
        nn.init.zeros_(generator.generators[0].image_branch.trunk.ups[-1].conv.weight)

    after = generator(**call)

    assert not torch.allclose(before.hallucinated, after.hallucinated)
    torch.testing.assert_close(before.flow, after.flow)  # its own branch


def test_gradients_reach_every_scale() -> None:
    generator = scales(3, foreground=True)

    generator(**inputs(generator)).frame.square().mean().backward()

    for part in generator.generators:
        stem = part.condition_encoder.stem.conv.weight
        assert stem.grad is not None
        assert bool(stem.grad.any())


def test_a_rollout_feeds_each_scale_with_its_own_frames() -> None:
    generator = scales(3).eval()
    maps, frames = rand(2, 6, 2, *SIZE), rand(2, 2, 3, *SIZE, seed=1)

    output, state = SequentialRollout(generator)(maps[:, 2:], RolloutState(frames, maps[:, :2]))

    past = average_pyramid(frames, 3)
    for t in range(4):
        step = generator(maps[:, t : t + 3], past[0], coarser_past=past[1:])
        assert torch.equal(step.frame, output.frames[:, t])
        generated = [step.frame, *step.coarser]
        past = [
            torch.cat([before[:, 1:], frame[:, None]], 1)
            for before, frame in zip(past, generated, strict=True)
        ]
    assert_same_bits([state.past_frames, *state.coarser_past], [level.detach() for level in past])


def test_chunks_and_streams_are_one_long_rollout() -> None:
    generator = scales(2).eval()
    maps, frames = rand(1, 7, 2, *SIZE), rand(1, 2, 3, *SIZE, seed=1)
    rollout = SequentialRollout(generator)
    start = RolloutState(frames, maps[:, :2])
    whole, _ = rollout(maps[:, 2:], start)

    first, state = rollout(maps[:, 2:4], start)
    second, _ = rollout(maps[:, 4:], state)
    stream = StreamingGenerator(generator)
    stream.reset(frames, maps[:, :2])

    assert torch.equal(torch.cat([first.frames, second.frames], 1), whole.frames)
    for t in range(5):
        assert torch.equal(stream.step(maps[:, 2 + t]), whole.frames[:, t])


def test_checkpointing_changes_no_gradient() -> None:
    generator = scales(2)
    maps, frames = rand(1, 5, 2, *SIZE), rand(1, 2, 3, *SIZE, seed=1)
    args = (maps[:, 2:], RolloutState(frames, maps[:, :2]))

    plain = outputs_and_gradients(SequentialRollout(generator, backprop_length=3), args, {})
    rollout = SequentialRollout(generator, backprop_length=3, activation_checkpointing=True)

    torch.testing.assert_close(outputs_and_gradients(rollout, args, {}), plain)


def test_compiles() -> None:
    generator = scales(2, foreground=True, num_blocks=0, num_fine_blocks=0)
    assert_module_compiles(generator, **inputs(generator))


@pytest.mark.parametrize(("axis", "size"), [("height", (14, 24)), ("width", (16, 22))])
def test_size_that_cannot_be_halved_raises(axis: str, size: tuple[int, int]) -> None:
    generator = scales(2)
    call = frame_inputs(generator.generators[0], size)
    got = size[0] if axis == "height" else size[1]
    rule = f"the {axis} must be a multiple of 4 for 2 scales, got {got}; resize or pad it to"
    with pytest.raises(ValueError, match=rule):
        generator(**call)


def test_wrong_coarser_past_raises() -> None:
    generator = scales(3)
    call = inputs(generator)
    coarser = [rand(2, 2, 3, 8, 12), rand(2, 2, 3, 4, 6)]
    with pytest.raises(ValueError, match=r"coarser_past must hold 2 tensors, .* got 1"):
        generator(**call, coarser_past=coarser[:1])
    with pytest.raises(ValueError, match=r"coarser_past\[1\] must have shape \(2, 2, 3, 4, 6\)"):
        generator(**call, coarser_past=[coarser[0], coarser[0]])
    with pytest.raises(TypeError, match=r"coarser_past\[0\] must be a floating-point tensor"):
        generator(**call, coarser_past=[coarser[0].long(), coarser[1]])
    del call["past"]
    with pytest.raises(ValueError, match=r"past must have shape \(2, 2, 3, 16, 24\)"):
        generator(past=rand(2, 2, 3, 16, 22), **call)


@pytest.mark.parametrize(
    ("fine", "rule"),
    [
        ({"past_frames": 1}, r"generators\[1\].past_frames must be 2 as in generators\[0\], got 1"),
        ({"image_channels": 1}, r"generators\[1\].image_channels must be 3"),
        ({"flow": False}, r"must have a flow_branch, or none; generators\[0\] and"),
        ({"foreground": True}, "must have a foreground, or none"),
        (
            {"num_downsamplings": 2},
            "must halve its input once, got an encoder that divides it by 4",
        ),
        ({"base_channels": 4}, r"generators\[1\] must have 2 out_channels, .* got 8"),
    ],
)
def test_parts_that_do_not_fit_raise(fine: dict[str, int], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        CoarseToFineGenerator([tiny_generator(), tiny_generator(**fine)])
    with pytest.raises(ValueError, match="must hold at least one, got none"):
        CoarseToFineGenerator([])


def test_samples_do_not_mix() -> None:
    generator = scales(2, foreground=True)
    call = inputs(generator, batch=2)
    call["foreground_mask"] = mask(2, 1, *SIZE)

    together = generator(**call)

    for index in range(2):
        alone = generator(**{name: value[index : index + 1] for name, value in call.items()})
        torch.testing.assert_close(alone.frame, together.frame[index : index + 1])
