"""Convolution, norm, activation."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from tests.assertions import assert_gradients, rand
from tests.networks import assert_module_compiles
from vidgan.layers import ConvBlock


def reflected(x: Tensor, width: int) -> Tensor:
    """Pad by picking rows and columns mirrored about the border's own row or column."""

    def mirrored(size: int) -> list[int]:
        inside = list(range(size))
        return inside[width:0:-1] + inside + inside[-2 : -2 - width : -1]

    return x[:, :, mirrored(x.shape[2])][..., mirrored(x.shape[3])]


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel_size", [1, 3, 7])
def test_reflection_padding(kernel_size: int, stride: int) -> None:
    block = ConvBlock(2, 3, kernel_size, stride=stride, padding_mode="reflect", norm="none")
    x = rand(2, 2, 6, 8)
    padded = reflected(x, kernel_size // 2)

    expected = F.conv2d(padded, block.conv.weight, block.conv.bias, stride=stride).clamp(min=0)

    torch.testing.assert_close(block(x), expected)


def test_zero_padding_by_hand() -> None:
    block = ConvBlock(1, 1, 3, norm="none")
    torch.nn.init.ones_(block.conv.weight)
    torch.nn.init.constant_(block.conv.bias, -5.0)

    # sums of 3x3 ones, zeros outside, minus 5, negatives cut: 4, 6 and 9 neighbors
    expected = torch.tensor([[0.0, 1, 1, 0], [1.0, 4, 4, 1], [0.0, 1, 1, 0]])

    torch.testing.assert_close(block(torch.ones(1, 1, 3, 4))[0, 0], expected)


def test_norm_comes_between() -> None:
    block = ConvBlock(2, 3, 3, norm="batch")
    x = rand(2, 2, 6, 8)
    drawn = block.conv(x)
    mean = drawn.mean((0, 2, 3), keepdim=True)
    variance = (drawn - mean).square().mean((0, 2, 3), keepdim=True)

    expected = ((drawn - mean) / (variance + 1e-5).sqrt()).clamp(min=0)

    torch.testing.assert_close(block(x), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("size", "halved"), [((6, 8), (3, 4)), ((5, 7), (3, 4)), ((1, 2), (1, 1))])
def test_stride_halves_rounding_up(size: tuple[int, int], halved: tuple[int, int]) -> None:
    assert ConvBlock(2, 3, 3, stride=2, norm="none")(rand(1, 2, *size)).shape == (1, 3, *halved)


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
def test_gradients(norm: str) -> None:
    block = ConvBlock(2, 2, 3, norm=norm, padding_mode="reflect").double()

    assert_gradients(block, rand(2, 2, 4, 5))


@pytest.mark.parametrize("norm", ["batch", "instance_tracked"])
def test_compiles(norm: str) -> None:
    assert_module_compiles(ConvBlock(2, 3, 3, stride=2, norm=norm), rand(2, 2, 6, 8))


def test_even_kernel_raises() -> None:
    with pytest.raises(ValueError, match="ConvBlock: kernel_size must be odd, got 4"):
        ConvBlock(2, 3, 4)


def test_unknown_choices_raise() -> None:
    with pytest.raises(ValueError, match="padding_mode must be one of 'reflect', 'zeros', got 'c"):
        ConvBlock(2, 3, 3, padding_mode="circular")
    with pytest.raises(ValueError, match=r"make_norm: norm must be one of 'batch', .* got 'layer'"):
        ConvBlock(2, 3, 3, norm="layer")
