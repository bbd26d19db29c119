"""Upsampling by two."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from tests.assertions import assert_gradients, rand
from tests.networks import assert_module_compiles
from vidgan.layers import UpBlock

every = pytest.mark.parametrize("upsampling", ["transposed", "resize", "shuffle"])


@every
@pytest.mark.parametrize("size", [(1, 2), (3, 2), (4, 6)])
def test_doubles_any_size(upsampling: str, size: tuple[int, int]) -> None:
    if upsampling == "shuffle" and min(size) < 2:
        size = (2, 2)  # what can be reflected
    height, width = size

    out = UpBlock(3, 2, upsampling=upsampling, norm="none")(rand(2, 3, *size))

    assert out.shape == (2, 2, 2 * height, 2 * width)


def test_resize_is_repeated_pixels_then_convolution() -> None:
    block, x = UpBlock(3, 2, upsampling="resize", norm="none"), rand(2, 3, 4, 6)
    repeated = x.repeat_interleave(2, 2).repeat_interleave(2, 3)
    padded = F.pad(repeated, (1, 1, 1, 1), mode="reflect")

    expected = F.conv2d(padded, block.conv.weight, block.conv.bias).clamp(min=0)

    torch.testing.assert_close(block(x), expected)


def test_transposed_spreads_each_pixel() -> None:
    """Pixel (1, 2) of the input lands, weighted by the kernel, around pixel (2, 4)."""
    block = UpBlock(1, 1, norm="none")
    nn.init.uniform_(block.conv.weight, 0.5, 1)
    nn.init.zeros_(block.conv.bias)
    x = torch.zeros(1, 1, 3, 4)
    x[0, 0, 1, 2] = 2.0

    out = block(x)

    expected = torch.zeros(1, 1, 6, 8)
    expected[0, 0, 1:4, 3:6] = 2 * block.conv.weight[0, 0]
    torch.testing.assert_close(out, expected)


def test_shuffle_puts_channels_into_pixels() -> None:
    block, x = UpBlock(3, 2, upsampling="shuffle", norm="none"), rand(2, 3, 4, 6)
    small = block.conv(x)

    out = block(x)

    torch.testing.assert_close(out[:, 1, 1::2, 0::2], small[:, 4 + 2].clamp(min=0))


def test_resize_leaves_no_checkerboard() -> None:
    """A constant stays one under resize; the transposed convolution sees 1, 2 or 4 pixels."""
    torch.manual_seed(0)
    spread = {}
    for upsampling in ("transposed", "resize"):
        block = UpBlock(1, 1, upsampling=upsampling, norm="none")
        nn.init.uniform_(block.conv.weight, 0.5, 1)
        out = block(torch.ones(1, 1, 4, 6))
        spread[upsampling] = float(out.detach().max() - out.detach().min())

    assert spread["resize"] < 1e-6
    assert spread["transposed"] > 0.5


@every
@pytest.mark.parametrize("norm", ["batch", "none"])
def test_gradients(upsampling: str, norm: str) -> None:
    assert_gradients(UpBlock(2, 1, upsampling=upsampling, norm=norm).double(), rand(1, 2, 2, 3))


@every
def test_compiles(upsampling: str) -> None:
    assert_module_compiles(UpBlock(3, 2, upsampling=upsampling), rand(2, 3, 4, 6))


def test_unknown_choice_raises() -> None:
    with pytest.raises(
        ValueError,
        match=r"UpBlock: upsampling must be one of .*'resize', 'shuffle', got 'bilinear'",
    ):
        UpBlock(3, 2, upsampling="bilinear")
