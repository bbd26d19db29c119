"""The decoder shared by the heads of a branch."""

from __future__ import annotations

import pytest
import torch

from tests.assertions import assert_gradients, rand
from tests.networks import assert_module_compiles
from vidgan.generators import Trunk


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
@pytest.mark.parametrize("norm", ["batch", "instance", "instance_tracked", "none"])
@pytest.mark.parametrize("upsamplings", [0, 1, 2])
def test_shapes(upsampling: str, norm: str, upsamplings: int) -> None:
    trunk = Trunk(8, num_upsamplings=upsamplings, num_blocks=1, norm=norm, upsampling=upsampling)
    factor = 2**upsamplings

    assert trunk(rand(2, 8, 2, 3)).shape == (2, 8 // factor, 2 * factor, 3 * factor)
    assert trunk.out_channels == 8 // factor


def test_is_blocks_then_ups() -> None:
    trunk, x = Trunk(8, num_upsamplings=2, num_blocks=2), rand(1, 8, 2, 3)

    expected = x
    for part in (*trunk.blocks, *trunk.ups):
        expected = part(expected)

    assert (len(trunk.blocks), len(trunk.ups)) == (2, 2)
    torch.testing.assert_close(trunk(x), expected)


def test_gradients() -> None:
    trunk = Trunk(4, num_upsamplings=1, num_blocks=1, norm="instance").double()

    assert_gradients(trunk, rand(1, 4, 2, 3))


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
def test_compiles(upsampling: str) -> None:
    trunk = Trunk(4, num_upsamplings=1, num_blocks=1, upsampling=upsampling)

    assert_module_compiles(trunk, rand(2, 4, 2, 3))


@pytest.mark.parametrize("argument", ["num_upsamplings", "num_blocks"])
def test_counts_out_of_range_raise(argument: str) -> None:
    with pytest.raises(ValueError, match=f"Trunk: {argument} must be at least 0, got -1"):
        Trunk(8, **{argument: -1})


def test_width_that_cannot_be_halved_raises() -> None:
    rule = r"Trunk: in_channels must be a multiple of 2\*\*num_upsamplings = 4, got 6"
    with pytest.raises(ValueError, match=rule):
        Trunk(6, num_upsamplings=2)
