"""The decoder with an optional feature map."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
import torch

from tests.assertions import assert_gradients, rand
from tests.networks import assert_module_compiles
from vidgan.functional import average_pyramid
from vidgan.generators import Decoder


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
@pytest.mark.parametrize("norm", ["batch", "instance", "instance_tracked", "none"])
@pytest.mark.parametrize("upsamplings", [0, 1, 2])
def test_shapes(upsampling: str, norm: str, upsamplings: int) -> None:
    decoder = Decoder(
        2, num_upsamplings=upsamplings, num_blocks=1, norm=norm, upsampling=upsampling
    )
    factor = 2**upsamplings

    assert decoder(rand(2, 2 * factor, 2, 3)).shape == (2, 2, 2 * factor, 3 * factor)
    assert (decoder.in_channels, decoder.out_channels) == (2 * factor, 2)


def test_is_blocks_then_ups() -> None:
    decoder, x = Decoder(2, num_upsamplings=2, num_blocks=2), rand(1, 8, 2, 3)

    expected = x
    for part in (*decoder.blocks, *decoder.ups):
        expected = part(expected)

    assert (len(decoder.blocks), len(decoder.ups)) == (2, 2)
    torch.testing.assert_close(decoder(x), expected)


def test_features_stand_before_and_behind_the_blocks() -> None:
    decoder = Decoder(2, num_upsamplings=2, num_blocks=1, feature_channels=3, norm="instance")
    x, z = rand(1, 8, 2, 3), rand(1, 3, 8, 12, seed=1)

    pooled = average_pyramid(z, 3)[2]
    inner = decoder.blocks(torch.cat([x, pooled], 1))
    expected = decoder.ups(torch.cat([inner, pooled], 1))

    assert inner.shape[1] == 11
    torch.testing.assert_close(decoder(x, z), expected)


@pytest.mark.parametrize(
    ("max_channels", "widths"), [(None, [32, 16, 8, 4]), (16, [16, 16, 8, 4]), (4, [4, 4, 4, 4])]
)
def test_widths_stop_where_they_should(max_channels: int | None, widths: list[int]) -> None:
    decoder = Decoder(4, num_upsamplings=3, num_blocks=1, max_channels=max_channels)

    ups = [(up.conv.in_channels, up.conv.out_channels) for up in decoder.ups]
    assert ups == list(pairwise(widths))
    assert decoder.blocks[0].conv1.in_channels == widths[0]


def test_gradients() -> None:
    decoder = Decoder(2, num_upsamplings=1, num_blocks=1, norm="instance").double()

    assert_gradients(decoder, rand(1, 4, 2, 3))


def test_gradients_with_features() -> None:
    decoder = Decoder(1, num_upsamplings=1, num_blocks=1, norm="instance", feature_channels=1)

    assert_gradients(decoder.double(), rand(1, 2, 2, 3), rand(1, 1, 4, 6, seed=1))


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
def test_compiles(upsampling: str) -> None:
    decoder = Decoder(2, num_upsamplings=1, num_blocks=1, upsampling=upsampling)

    assert_module_compiles(decoder, rand(2, 4, 2, 3))


def test_compiles_with_features() -> None:
    decoder = Decoder(2, num_upsamplings=1, num_blocks=1, feature_channels=2)

    assert_module_compiles(decoder, rand(2, 4, 2, 3), rand(2, 2, 4, 6, seed=1))


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"base_channels": 0}, "base_channels must be at least 1, got 0"),
        ({"num_upsamplings": -1}, "num_upsamplings must be at least 0, got -1"),
        ({"num_blocks": -1}, "num_blocks must be at least 0, got -1"),
        ({"feature_channels": -1}, "feature_channels must be at least 0, got -1"),
        (
            {"num_upsamplings": 0, "feature_channels": 3},
            "num_upsamplings must be at least 1, got 0",
        ),
        (
            {"base_channels": 9, "max_channels": 8},
            "base_channels must be at most max_channels = 8, got 9",
        ),
    ],
)
def test_options_out_of_range_raise(options: dict[str, int], rule: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"Decoder: {rule}")):
        Decoder(**options)
