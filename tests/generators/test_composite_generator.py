"""The frame generator: its laws, its variants, its errors."""

from __future__ import annotations

import copy
import functools
import itertools
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

import vidgan.functional.warp
from tests.assertions import assert_gradients, mask
from tests.networks import (
    assert_module_compiles,
    assert_same_bits,
    frame_inputs,
    outputs_and_gradients,
    tiny_generator,
)
from vidgan.generators import CompositeGenerator, Encoder, ForegroundComposite
from vidgan.protocols import FrameGenerator

FORMS = ("released", "paper")


def constant(conv: nn.Conv2d, *values: float) -> None:
    """Let a head's convolution return ``values``, whatever it sees."""
    nn.init.zeros_(conv.weight)
    conv.bias.data = torch.tensor(values, dtype=conv.bias.dtype)


@pytest.mark.parametrize("past_frames", [1, 2, 3])
@pytest.mark.parametrize("condition_channels", [1, 3, 24])
@pytest.mark.parametrize("image_channels", [1, 2, 3, 4])
def test_any_window_and_channels(
    past_frames: int, condition_channels: int, image_channels: int
) -> None:
    generator = tiny_generator(
        condition_channels, past_frames=past_frames, image_channels=image_channels
    )

    out = generator(**frame_inputs(generator))

    assert out.frame.shape == out.hallucinated.shape == (2, image_channels, 4, 6)
    assert out.warped.shape == (2, image_channels, 4, 6)
    assert (out.flow.shape, out.occlusion_mask.shape) == ((2, 2, 4, 6), (2, 1, 4, 6))
    assert isinstance(generator, FrameGenerator)
    assert (generator.condition_channels, generator.image_channels) == (
        condition_channels,
        image_channels,
    )


@pytest.mark.parametrize("norm", ["batch", "instance", "instance_tracked", "none"])
@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
@pytest.mark.parametrize("flow", [True, False])
@pytest.mark.parametrize("foreground", [True, False])
def test_every_variant_trains(norm: str, upsampling: str, flow: bool, foreground: bool) -> None:
    generator = tiny_generator(norm=norm, upsampling=upsampling, flow=flow, foreground=foreground)

    out = generator(**frame_inputs(generator))
    (out.frame.square().mean() + out.hallucinated.square().mean()).backward()

    assert (out.warped is None) == (out.flow is None) == (out.occlusion_mask is None) == (not flow)
    assert out.frame.abs().max() <= 1
    assert all(
        weight.grad is not None and weight.grad.isfinite().all()
        for weight in generator.parameters()
    )
    # a bias before a norm shifts nothing, and here and there a ReLU lets nothing through
    reached = [bool(weight.grad.any()) for weight in generator.parameters() if weight.dim() == 4]
    assert sum(reached) > 0.8 * len(reached)


def test_without_flow_the_frame_is_hallucinated() -> None:
    generator = tiny_generator(flow=False)

    out = generator(**frame_inputs(generator))

    assert out.frame is out.hallucinated


@pytest.mark.parametrize("foreground", [True, False])
def test_hallucinate_only_leaves_the_warped_frame_out(foreground: bool) -> None:
    generator = tiny_generator(foreground=foreground)
    call = frame_inputs(generator)

    alone, mixed = generator(**call, hallucinate_only=True), generator(**call)

    assert torch.equal(alone.frame, mixed.hallucinated)
    assert_same_bits(list(alone[1:]), list(mixed[1:]))
    assert not torch.equal(alone.frame, mixed.frame)


@functools.cache
def generator_with_mask(bias: float, *, foreground: bool, form: str = "paper"):
    """A generator whose occlusion mask is sigmoid(bias)."""
    generator = tiny_generator(num_blocks=0, foreground=foreground)
    generator.foreground_composite = ForegroundComposite(form)
    constant(generator.flow_branch.occlusion_head.conv, bias)
    return generator


@given(seed=st.integers(0, 2**31), foreground=st.booleans())
def test_mask_0_takes_the_warped_frame(seed: int, foreground: bool) -> None:
    generator = generator_with_mask(-200.0, foreground=foreground)

    out = generator(**frame_inputs(generator, batch=1, seed=seed))

    assert torch.equal(out.frame, out.warped)


@given(seed=st.integers(0, 2**31), foreground=st.booleans(), form=st.sampled_from(FORMS))
def test_mask_1_takes_the_hallucinated_frame(seed: int, foreground: bool, form: str) -> None:
    generator = generator_with_mask(100.0, foreground=foreground, form=form)

    out = generator(**frame_inputs(generator, batch=1, seed=seed))

    assert torch.equal(out.frame, out.hallucinated)


def test_zero_flow_keeps_the_last_past_frame() -> None:
    generator = tiny_generator()
    constant(generator.flow_branch.flow_head.conv, 0.0, 0.0)
    call = frame_inputs(generator)

    out = generator(**call)

    torch.testing.assert_close(out.warped, call["past"][:, -1], rtol=0, atol=1e-5)


def test_whole_flow_shifts_the_last_past_frame() -> None:
    generator = tiny_generator()
    constant(generator.flow_branch.flow_head.conv, 2 / 20, -1 / 20)
    call = frame_inputs(generator)

    out = generator(**call)

    last = call["past"][:, -1]
    torch.testing.assert_close(out.warped[..., 1:, :-2], last[..., :-1, 2:], rtol=0, atol=1e-4)


def test_released_foreground_is_never_warped() -> None:
    generator = tiny_generator(foreground=True)
    constant(generator.flow_branch.occlusion_head.conv, -200.0)
    call = frame_inputs(generator)
    f = call["foreground_mask"]

    out = generator(**call)

    maps = call["conditions"].flatten(1, 2)
    foreground = generator.foreground(maps)
    torch.testing.assert_close(out.frame, f * foreground + (1 - f) * out.warped)
    features = generator.condition_encoder(maps) + generator.frame_encoder(
        call["past"].flatten(1, 2)
    )
    background = generator.image_branch(features)
    torch.testing.assert_close(out.hallucinated, f * foreground + (1 - f) * background)


def test_samples_do_not_mix() -> None:
    generator = tiny_generator(foreground=True)
    call = frame_inputs(generator, batch=3)

    together = generator(**call)

    for index in range(3):
        alone = generator(**{name: value[index : index + 1] for name, value in call.items()})
        for got, want in zip(alone, together, strict=True):
            torch.testing.assert_close(got, want[index : index + 1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("norm", ["batch", "instance", "instance_tracked", "none"])
def test_eval_mode_is_deterministic_and_changes_nothing(norm: str) -> None:
    generator = tiny_generator(norm=norm)
    generator(**frame_inputs(generator, seed=5))  # move the running statistics
    before = copy.deepcopy(generator.state_dict())
    call = frame_inputs(generator.eval())
    given_call = copy.deepcopy(call)

    first, second = generator(**call), generator(**call)

    assert_same_bits(list(first), list(second))
    assert_same_bits(generator.state_dict(), before)
    assert_same_bits(call, given_call)


def test_gradients() -> None:
    generator = tiny_generator(
        1, past_frames=1, image_channels=1, base_channels=1, num_blocks=0, foreground=True
    ).double()
    call = frame_inputs(generator, batch=1)

    def frame(conditions: Tensor, past: Tensor, foreground_mask: Tensor) -> Tensor:
        return generator(conditions, past, foreground_mask=foreground_mask).frame

    assert_gradients(frame, *call.values())


@pytest.mark.parametrize(
    ("flow", "foreground", "norm"),
    [(True, True, "batch"), (True, False, "instance_tracked"), (False, True, "none")],
)
def test_compiles(flow: bool, foreground: bool, norm: str) -> None:
    generator = tiny_generator(num_blocks=0, flow=flow, foreground=foreground, norm=norm)

    assert_module_compiles(generator, **frame_inputs(generator), hallucinate_only=foreground)


def test_bfloat16_autocast_warps_in_float32(monkeypatch) -> None:
    generator, sampled = tiny_generator(), []
    grid_sample = torch.nn.functional.grid_sample

    def spy(image: Tensor, grid: Tensor, **options) -> Tensor:
        sampled.append((image.dtype, grid.dtype))
        return grid_sample(image, grid, **options)

    monkeypatch.setattr(vidgan.functional.warp.F, "grid_sample", spy)
    call = frame_inputs(generator)
    with torch.autocast("cpu", torch.bfloat16):
        out = generator(**call)
        loss = out.frame.float().square().mean()
    loss.backward()

    assert sampled == [(torch.float32, torch.float32)]
    assert (out.hallucinated.dtype, out.warped.dtype) == (torch.bfloat16, torch.float32)
    torch.testing.assert_close(out.frame.float(), generator(**call).frame, rtol=0, atol=0.25)
    assert all(weight.grad.isfinite().all() for weight in generator.parameters())


def test_double_precision_stays() -> None:
    generator = tiny_generator().double()
    call = {name: value.double() for name, value in frame_inputs(generator).items()}

    out = generator(**call)

    assert {part.dtype for part in tree_leaves(out)} == {torch.float64}


def test_parts_are_exchangeable() -> None:
    """Any composition of parts is a generator, such as one with another foreground form."""
    built = tiny_generator(foreground=True)
    other = CompositeGenerator(
        built.condition_encoder,
        built.frame_encoder,
        built.image_branch,
        built.flow_branch,
        foreground=built.foreground,
        foreground_composite=ForegroundComposite("paper"),
    )
    call = frame_inputs(built)

    out, paper = built(**call), other(**call)

    assert_same_bits(list(out[1:]), list(paper[1:]))
    m = paper.occlusion_mask
    torch.testing.assert_close(paper.frame, (1 - m) * paper.warped + m * paper.hallucinated)
    assert not torch.allclose(out.frame, paper.frame)


@pytest.mark.parametrize(
    ("size", "axis", "works"),
    [
        ((9, 16), "height", "8 or 12"),
        ((8, 18), "width", "16 or 20"),
        ((4, 16), "height", "8"),
        ((8, 4), "width", "8"),
        ((7, 16), "height", "8"),
        ((8, 1), "width", "8"),
    ],
)
def test_size_that_does_not_divide_raises(size: tuple[int, int], axis: str, works: str) -> None:
    generator = tiny_generator(num_downsamplings=2)
    height, width = size
    rule = (
        f"CompositeGenerator: {axis} must be a multiple of 4 and at least 8 for this generator's "
        f"downsamplings, got {height}x{width} (HxW); {axis} {works} would work"
    )

    with pytest.raises(ValueError, match=f"^{re.escape(rule)}$"):
        generator(**frame_inputs(generator, size))


@pytest.mark.parametrize("downsamplings", [0, 1, 2, 3])
@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
def test_the_sizes_that_are_named_do_work(downsamplings: int, norm: str) -> None:
    for upsampling, size in itertools.product(("transposed", "resize"), (1, 9, 20)):
        generator = tiny_generator(
            num_downsamplings=downsamplings, norm=norm, upsampling=upsampling, base_channels=1
        )
        other = 8 * 2**downsamplings
        named = [size]
        try:
            generator(**frame_inputs(generator, (size, other), batch=1))
        except ValueError as error:
            found = re.search(r"height ([\d or]+) would work", str(error))
            named = [int(text) for text in found[1].split(" or ")]
        for height in named:
            out = generator(**frame_inputs(generator, (height, other), batch=1))
            assert out.frame.shape[-2:] == (height, other)


@pytest.mark.parametrize("axis", [0, 1, 2, 3, 4])
def test_each_axis_of_past_alone(axis: int) -> None:
    generator = tiny_generator()
    call = frame_inputs(generator)
    shape = list(call["past"].shape)
    shape[axis] += 2
    rule = r"CompositeGenerator: past must have shape \(2, 2, 3, 4, 6\) as in conditions, got "

    with pytest.raises(ValueError, match=rule + re.escape(str(tuple(shape)))):
        generator(call["conditions"], torch.zeros(shape))


@pytest.mark.parametrize("axis", [1, 2])
def test_each_axis_of_conditions_alone(axis: int) -> None:
    generator = tiny_generator()
    call = frame_inputs(generator)
    shape = list(call["conditions"].shape)
    shape[axis] += 1
    rule = (
        r"CompositeGenerator: conditions must have shape \(B, 3, 2, H, W\) for past_frames = 2, "
        r"got "
    )

    with pytest.raises(ValueError, match=rule + re.escape(str(tuple(shape)))):
        generator(torch.zeros(shape), call["past"])


def test_frames_in_place_of_videos_raise() -> None:
    generator = tiny_generator()
    call = frame_inputs(generator)
    with pytest.raises(ValueError, match=r"conditions must have shape .* got \(2, 6, 4, 6\)"):
        generator(call["conditions"].flatten(1, 2), call["past"])
    with pytest.raises(ValueError, match=r"past must have shape .* got \(2, 6, 4, 6\)"):
        generator(call["conditions"], call["past"].flatten(1, 2))


@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_each_axis_of_the_foreground_mask_alone(axis: int) -> None:
    generator = tiny_generator(foreground=True)
    call = frame_inputs(generator)
    shape = [2, 1, 4, 6]
    shape[axis] += 1
    rule = r"foreground_mask must have shape \(2, 1, 4, 6\) as in conditions, got "

    with pytest.raises(ValueError, match=rule + re.escape(str(tuple(shape)))):
        generator(**(call | {"foreground_mask": torch.zeros(shape)}))


def test_missing_foreground_mask_raises() -> None:
    generator = tiny_generator(foreground=True)
    call = frame_inputs(generator) | {"foreground_mask": None}
    rule = r"foreground_mask must be given, \(B, 1, H, W\), since this generator has a foreground"

    with pytest.raises(ValueError, match=rule):
        generator(**call)


def test_unwanted_foreground_mask_raises() -> None:
    generator = tiny_generator()
    rule = "foreground_mask must be None, since this generator has no foreground part"

    with pytest.raises(ValueError, match=rule):
        generator(**frame_inputs(generator), foreground_mask=mask(2, 1, 4, 6))


@pytest.mark.parametrize("argument", ["conditions", "past", "foreground_mask"])
def test_whole_numbers_raise(argument: str) -> None:
    generator = tiny_generator(foreground=True)
    call = frame_inputs(generator)
    rule = f"CompositeGenerator: {argument} must be a floating-point tensor, got torch.int64"

    with pytest.raises(TypeError, match=rule):
        generator(**(call | {argument: call[argument].long()}))


def encoder(in_channels: int, width: int = 2, downsamplings: int = 1) -> Encoder:
    return Encoder(in_channels, width, num_downsamplings=downsamplings, num_blocks=0)


@pytest.mark.parametrize(
    ("conditions", "frames", "past_frames", "rule"),
    [
        (encoder(6), encoder(6), 0, "past_frames must be at least 1, got 0"),
        (
            encoder(7),
            encoder(6),
            2,
            r"condition_encoder.in_channels must be a multiple of past_frames \+ 1 = 3, got 7",
        ),
        (
            encoder(6),
            encoder(7),
            2,
            "frame_encoder.in_channels must be a multiple of past_frames = 2, got 7",
        ),
        (
            encoder(6),
            encoder(6, 3),
            2,
            "frame_encoder.out_channels must be 4 as in condition_encoder, got 6",
        ),
        (
            encoder(6),
            encoder(6, 1, 2),
            2,
            "frame_encoder.size_multiple must be 2 as in condition_encoder, got 4",
        ),
    ],
)
def test_parts_that_do_not_fit_raise(
    conditions: Encoder, frames: Encoder, past_frames: int, rule: str
) -> None:
    branch = tiny_generator().image_branch

    with pytest.raises(ValueError, match=f"CompositeGenerator: {rule}"):
        CompositeGenerator(conditions, frames, branch, past_frames=past_frames)


@pytest.mark.gpu
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_same_on_cuda(layout: torch.memory_format) -> None:
    generator = tiny_generator(foreground=True, norm="batch").double()
    call = {name: value.double() for name, value in frame_inputs(generator).items()}
    moved = copy.deepcopy(generator).cuda().to(memory_format=layout)

    got = outputs_and_gradients(moved, (), {name: value.cuda() for name, value in call.items()})
    want = outputs_and_gradients(generator, (), call)

    torch.testing.assert_close(got, want, check_device=False, rtol=1e-6, atol=1e-9)


@pytest.mark.gpu
def test_cuda_autocast_warps_in_float32() -> None:
    generator = tiny_generator().cuda()
    call = {name: value.cuda() for name, value in frame_inputs(generator).items()}
    with torch.autocast("cuda", torch.bfloat16):
        out = generator(**call)

    assert out.warped.dtype == torch.float32
    torch.testing.assert_close(out.frame.float(), generator(**call).frame, rtol=0, atol=0.25)
