"""The residual block of depthwise-separable convolutions."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from tests.assertions import rand
from vidgan.layers import ReflectConv2d, SeparableResidualBlock


def test_formula() -> None:
    block, x = SeparableResidualBlock(3, norm="none").double(), rand(2, 3, 4, 6).double()

    def conv(pair: nn.Sequential, x: Tensor) -> Tensor:
        padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
        deep, point = pair
        single = [F.conv2d(padded[:, c : c + 1], deep.weight[c : c + 1]) for c in range(3)]
        return F.conv2d(torch.cat(single, 1), point.weight, point.bias)

    expected = x + conv(block.conv2, conv(block.conv1, x).clamp(min=0))

    torch.testing.assert_close(block(x), expected)


def test_is_the_skip_where_the_last_convolution_is_zero() -> None:
    block, x = SeparableResidualBlock(3, norm="none"), rand(2, 3, 4, 6)
    for parameter in block.conv2[1].parameters():
        nn.init.zeros_(parameter)

    assert torch.equal(block(x), x)


def test_residual_is_normalized() -> None:
    block, x = SeparableResidualBlock(3, norm="instance").double(), rand(2, 3, 4, 6).double()

    torch.testing.assert_close(
        (block(x) - x).mean((2, 3)), torch.zeros(2, 3).double(), rtol=0, atol=1e-6
    )


def test_large_maps_keep_the_groups() -> None:
    conv = ReflectConv2d(2, 2, 7, groups=2, bias=False).double()
    x = rand(1, 2, 128, 64).double()
    expected = F.conv2d(F.pad(x, (3,) * 4, mode="reflect"), conv.weight, groups=2)

    torch.testing.assert_close(conv(x), expected)
