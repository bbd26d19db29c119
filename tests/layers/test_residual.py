"""The residual block."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from tests.assertions import assert_gradients, rand
from tests.networks import assert_module_compiles
from vidgan.layers import ResidualBlock


def test_is_the_skip_where_the_last_convolution_is_zero() -> None:
    block, x = ResidualBlock(3, norm="none"), rand(2, 3, 4, 6)
    nn.init.zeros_(block.conv2.weight)
    nn.init.zeros_(block.conv2.bias)

    assert torch.equal(block(x), x)


def test_formula() -> None:
    block, x = ResidualBlock(3, norm="none"), rand(2, 3, 4, 6)

    def conv(layer: nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), layer.weight, layer.bias)

    expected = x + conv(block.conv2, conv(block.conv1, x).clamp(min=0))

    torch.testing.assert_close(block(x), expected)


def test_leaves_its_input_alone() -> None:
    x = rand(2, 3, 4, 6)
    before = x.clone()

    for norm in ("none", "batch"):
        ResidualBlock(3, norm=norm)(x)

    assert torch.equal(x, before)


def test_residual_is_normalized() -> None:
    block, x = ResidualBlock(3, norm="instance"), rand(2, 3, 4, 6)

    residual = block(x) - x

    torch.testing.assert_close(residual.mean((2, 3)), torch.zeros(2, 3), rtol=0, atol=1e-6)
    torch.testing.assert_close(
        residual.var((2, 3), correction=0), torch.ones(2, 3), rtol=1e-3, atol=0
    )


@pytest.mark.parametrize("size", [(2, 2), (2, 5), (5, 2)])
def test_smallest_sizes(size: tuple[int, int]) -> None:
    assert ResidualBlock(3)(rand(1, 3, *size)).shape == (1, 3, *size)


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
def test_gradients(norm: str) -> None:
    assert_gradients(ResidualBlock(2, norm=norm).double(), rand(1, 2, 3, 4))


def test_compiles() -> None:
    assert_module_compiles(ResidualBlock(3), rand(2, 3, 4, 6))
