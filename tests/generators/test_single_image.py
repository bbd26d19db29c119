"""The single-image generator: its laws, its variants, its errors."""

from __future__ import annotations

import copy
import re

import pytest
import torch
from torch import Tensor

from tests.assertions import assert_gradients, rand
from tests.networks import assert_module_compiles, assert_same_bits, outputs_and_gradients
from vidgan.functional import average_pyramid
from vidgan.generators import (
    Decoder,
    Encoder,
    EncoderDecoder,
    ImageHead,
    SingleImageGenerator,
)
from vidgan.layers import init_weights
from vidgan.models import global_generator, local_enhancer


def tiny(enhancers: int = 0, *, seed: int = 0, **options) -> SingleImageGenerator:
    """A generator of two condition channels with weights large enough to matter."""
    torch.manual_seed(seed)
    small = {"base_channels": 2, "num_downsamplings": 1, "num_blocks": 1} | options
    if enhancers:
        generator = local_enhancer(2, num_enhancers=enhancers, num_enhancer_blocks=1, **small)
    else:
        generator = global_generator(2, **small)
    return init_weights(generator, std=0.3)


def inputs(
    generator: SingleImageGenerator, size: tuple[int, int] = (8, 12), *, batch: int = 2
) -> list[Tensor]:
    """Condition maps and, for a generator with one, a feature map."""
    channels = (generator.condition_channels, generator.feature_channels)
    return [rand(batch, c, *size, seed=i) for i, c in enumerate(channels) if c]


@pytest.mark.parametrize("norm", ["batch", "instance", "instance_tracked", "none"])
@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
@pytest.mark.parametrize("enhancers", [0, 1, 2])
@pytest.mark.parametrize("feature_channels", [0, 3])
def test_every_variant_trains(
    norm: str, upsampling: str, enhancers: int, feature_channels: int
) -> None:
    generator = tiny(enhancers, norm=norm, upsampling=upsampling, feature_channels=feature_channels)

    image = generator(*inputs(generator, (16, 24)))
    image.square().mean().backward()

    assert image.shape == (2, 3, 16, 24)
    assert image.abs().max() <= 1
    assert all(weight.grad.isfinite().all() for weight in generator.parameters())
    # a bias before a norm shifts nothing, and here and there a ReLU lets nothing through
    reached = [bool(weight.grad.any()) for weight in generator.parameters() if weight.dim() == 4]
    assert sum(reached) > 0.8 * len(reached)


def test_global_is_one_scale_and_the_head() -> None:
    generator = tiny()
    (maps,) = inputs(generator)

    torch.testing.assert_close(generator(maps), generator.head(generator.scales[0](maps)))


def test_scales_from_coarse_to_fine() -> None:
    generator = tiny(2)
    (maps,) = inputs(generator, (16, 24))
    finest, middle, coarsest = generator.scales

    levels = average_pyramid(maps, 3)
    out = coarsest(levels[2])
    out = middle(levels[1], coarser=out)
    out = finest(levels[0], coarser=out)

    torch.testing.assert_close(generator(maps), generator.head(out))


def test_features_of_every_scale_and_before_the_head() -> None:
    generator = tiny(1, feature_channels=3)
    maps, z = inputs(generator)
    finest, coarsest = generator.scales

    out = coarsest(average_pyramid(maps, 2)[1], average_pyramid(z, 2)[1])
    out = finest(maps, z, coarser=out)

    torch.testing.assert_close(generator(maps, z), generator.head(torch.cat([out, z], 1)))


@pytest.mark.parametrize("enhancers", [0, 1])
def test_samples_do_not_mix(enhancers: int) -> None:
    generator = tiny(enhancers, feature_channels=1)
    maps, z = inputs(generator, batch=3)

    together = generator(maps, z)

    for index in range(3):
        alone = generator(maps[index : index + 1], z[index : index + 1])
        torch.testing.assert_close(alone, together[index : index + 1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("norm", ["batch", "instance", "instance_tracked", "none"])
def test_eval_mode_is_deterministic_and_changes_nothing(norm: str) -> None:
    generator = tiny(1, norm=norm)
    generator(*inputs(generator))  # move the running statistics
    before = copy.deepcopy(generator.state_dict())
    call = inputs(generator.eval())
    given_call = copy.deepcopy(call)

    assert_same_bits(generator(*call), generator(*call))
    assert_same_bits(generator.state_dict(), before)
    assert_same_bits(call, given_call)


@pytest.mark.parametrize("enhancers", [0, 1])
def test_gradients(enhancers: int) -> None:
    generator = tiny(enhancers, base_channels=1, num_blocks=0, feature_channels=1).double()

    assert_gradients(generator, *inputs(generator, batch=1))


@pytest.mark.parametrize(
    ("enhancers", "feature_channels", "norm"),
    [(0, 0, "instance"), (0, 2, "batch"), (1, 0, "instance_tracked"), (2, 2, "none")],
)
def test_compiles(enhancers: int, feature_channels: int, norm: str) -> None:
    generator = tiny(enhancers, feature_channels=feature_channels, norm=norm, num_blocks=0)

    assert_module_compiles(generator, *inputs(generator, (16, 24)))


def test_bfloat16_autocast() -> None:
    generator = tiny(1, feature_channels=2)
    call = inputs(generator)

    with torch.autocast("cpu", torch.bfloat16):
        image = generator(*call)

    torch.testing.assert_close(image.float(), generator(*call), rtol=0, atol=0.25)


@pytest.mark.parametrize(
    ("enhancers", "size", "axis", "multiple", "least", "works"),
    [
        (0, (9, 16), "height", 4, 8, "8 or 12"),
        (0, (8, 18), "width", 4, 8, "16 or 20"),
        (0, (4, 16), "height", 4, 8, "8"),
        (1, (20, 16), "height", 8, 16, "16 or 24"),
        (1, (16, 8), "width", 8, 16, "16"),
    ],
)
def test_size_that_does_not_divide_raises(
    enhancers: int, size: tuple[int, int], axis: str, multiple: int, least: int, works: str
) -> None:
    generator = tiny(enhancers, num_downsamplings=2)
    height, width = size
    rule = (
        f"SingleImageGenerator: {axis} must be a multiple of {multiple} and at least {least} for "
        f"this generator's downsamplings, got {height}x{width} (HxW); {axis} {works} would work"
    )

    with pytest.raises(ValueError, match=f"^{re.escape(rule)}$"):
        generator(*inputs(generator, size))


@pytest.mark.parametrize("downsamplings", [0, 1, 2])
@pytest.mark.parametrize("enhancers", [0, 1, 2])
def test_the_smallest_size_that_is_named_does_work(enhancers: int, downsamplings: int) -> None:
    generator = tiny(enhancers, num_downsamplings=downsamplings, norm="none")
    with pytest.raises(ValueError, match=r"height \d+ would work") as caught:
        generator(*inputs(generator, (1, 64)))
    height = int(re.search(r"height (\d+) would", str(caught.value))[1])

    assert generator(*inputs(generator, (height, height))).shape == (2, 3, height, height)
    assert height % generator.size_multiple == 0


def test_other_condition_channels_raise() -> None:
    rule = (
        "SingleImageGenerator: conditions must have shape (B, 2, H, W) for condition_channels = "
        "2, got (1, 3, 8, 12)"
    )
    with pytest.raises(ValueError, match=re.escape(rule)):
        tiny()(rand(1, 3, 8, 12))
    with pytest.raises(ValueError, match=r"conditions must have shape .*got \(1, 1, 2, 8, 12\)"):
        tiny()(rand(1, 1, 2, 8, 12))


@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_each_axis_of_features_alone(axis: int) -> None:
    generator = tiny(feature_channels=3)
    maps, z = inputs(generator)
    shape = list(z.shape)
    shape[axis] += 2
    rule = (
        "SingleImageGenerator: features must have shape (2, 3, 8, 12) for feature_channels = 3, "
        f"else as in conditions, got {tuple(shape)}"
    )

    with pytest.raises(ValueError, match=re.escape(rule)):
        generator(maps, torch.zeros(shape))


def test_missing_and_unwanted_features_raise() -> None:
    with_features, without = tiny(feature_channels=3), tiny()
    maps, z = inputs(with_features)

    with pytest.raises(ValueError, match=r"features must be given, \(B, 3, H, W\), since this gen"):
        with_features(maps)
    with pytest.raises(ValueError, match=r"features must be None, since this generator has feat"):
        without(maps, z)


@pytest.mark.parametrize("argument", [0, 1])
def test_whole_numbers_raise(argument: int) -> None:
    generator = tiny(feature_channels=3)
    call = inputs(generator)
    call[argument] = call[argument].long()
    name = ("conditions", "features")[argument]

    with pytest.raises(TypeError, match=f"{name} must be a floating-point tensor, got torch.int"):
        generator(*call)


def scale(
    in_channels: int = 2, width: int = 2, downsamplings: int = 1, features: int = 0
) -> EncoderDecoder:
    return EncoderDecoder(
        Encoder(in_channels + features, width, num_downsamplings=downsamplings, num_blocks=0),
        Decoder(width, num_upsamplings=downsamplings, num_blocks=0, feature_channels=features),
    )


@pytest.mark.parametrize(
    ("scales", "rule"),
    [
        ([], "scales must hold at least one, got none"),
        ([scale(2), scale(3, 4)], "scales[1].in_channels must be 2 as in scales[0], got 3"),
        (
            [scale(2), scale(2, 4, features=1)],
            "scales[1].feature_channels must be 0 as in scales[0], got 1",
        ),
        (
            [scale(2, 2, 2), scale(2, 8)],
            "scales[0].size_multiple must be 2, so that its encoder returns the size of "
            "scales[1], got 4",
        ),
        (
            [scale(2), scale(2, 4), scale(2, 4)],
            "scales[2].out_channels must be 8 as scales[1].encoder.out_channels, got 4",
        ),
    ],
)
def test_parts_that_do_not_fit_raise(scales: list[EncoderDecoder], rule: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"SingleImageGenerator: {rule}")):
        SingleImageGenerator(scales, ImageHead(2))


@pytest.mark.gpu
def test_same_on_cuda() -> None:
    generator = tiny(1, feature_channels=2).double()
    call = tuple(value.double() for value in inputs(generator))
    moved = copy.deepcopy(generator).cuda()

    got = outputs_and_gradients(moved, tuple(value.cuda() for value in call), {})

    torch.testing.assert_close(
        got, outputs_and_gradients(generator, call, {}), check_device=False, rtol=1e-6, atol=1e-9
    )
