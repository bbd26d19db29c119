"""Blocks at half the size."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.assertions import rand
from vidgan.layers import SPADE, ConditionalSequential, HalfSize, ResidualBlock


class Recorder(nn.Module):
    """Doubles its input, and keeps it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen = x
        return 2 * x


def test_pools_and_interpolates() -> None:
    inner, x = Recorder(), rand(1, 2, 4, 6).double()

    y = HalfSize(inner)(x)

    assert torch.equal(inner.seen, x.unfold(2, 2, 2).unfold(3, 2, 2).mean((-1, -2)))
    # a row of the result lies a quarter of the way between the rows of the coarse map
    coarse = 2 * inner.seen
    across = coarse[..., 0] + 0.25 * (coarse[..., 1] - coarse[..., 0])
    torch.testing.assert_close(
        y[:, :, 1, 1], across[..., 0] + 0.25 * (across[..., 1] - across[..., 0])
    )


@pytest.mark.parametrize("size", [(5, 6), (4, 7), (3, 3)])
def test_odd_sizes(size: tuple[int, int]) -> None:
    inner, x = Recorder(), torch.ones(1, 2, *size)

    y = HalfSize(inner)(x)

    # what the last window holds less is not counted as zeros
    assert torch.equal(y, 2 * x)
    assert inner.seen.shape[2:] == tuple((n + 1) // 2 for n in size)


def test_passes_the_condition_on() -> None:
    torch.manual_seed(0)
    block = ResidualBlock(2, norm=lambda width: SPADE(width, 3, hidden_channels=4))
    layer, x = HalfSize(ConditionalSequential(block)), rand(1, 2, 4, 6)

    one, other = (layer(x, rand(1, 3, 4, 6) * k) for k in (1, 2))

    assert not torch.equal(one, other)


def test_size_must_be_three() -> None:
    with pytest.raises(ValueError, match=r"HalfSize: x must be at least 3x3, got 2x6 \(HxW\)"):
        HalfSize(Recorder())(rand(1, 2, 2, 6))
