"""Upsampling by convex combinations."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.assertions import rand
from vidgan.functional import convex_upsample


def slow(values: Tensor, logits: Tensor, factor: int) -> Tensor:
    """Pixel by pixel, from the formula."""
    batch, channels, height, width = values.shape
    out = values.new_zeros(batch, channels, factor * height, factor * width)
    for b in range(batch):
        for y in range(factor * height):
            for x in range(factor * width):
                row, column = y // factor, x // factor
                place = (y % factor) * factor + x % factor
                exps = [logits[b, k * factor**2 + place, row, column].exp() for k in range(9)]
                for k in range(9):
                    i = min(max(row + k // 3 - 1, 0), height - 1)
                    j = min(max(column + k % 3 - 1, 0), width - 1)
                    out[b, :, y, x] += exps[k] / sum(exps) * values[b, :, i, j]
    return out


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_formula(factor: int) -> None:
    values, logits = rand(2, 3, 3, 4).double(), rand(2, 9 * factor**2, 3, 4).double()

    torch.testing.assert_close(
        convex_upsample(values, logits, factor), slow(values, logits, factor)
    )


def test_constant_stays_constant() -> None:
    out = convex_upsample(torch.full((1, 2, 3, 4), 0.7), rand(1, 36, 3, 4), 2)

    torch.testing.assert_close(out, torch.full((1, 2, 6, 8), 0.7))


def test_gradients() -> None:
    values, logits = rand(1, 2, 2, 3).double(), rand(1, 36, 2, 3).double()

    assert torch.autograd.gradcheck(
        lambda *inputs: convex_upsample(*inputs, 2),
        (values.requires_grad_(), logits.requires_grad_()),
    )


@pytest.mark.parametrize("shape", [(2, 36, 3, 4), (1, 35, 3, 4), (1, 36, 2, 4), (1, 36, 3, 5)])
def test_logits_must_fit(shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ValueError, match=r"convex_upsample: logits must have shape \(1, 36, 3, 4\) to fit values"
    ):
        convex_upsample(torch.zeros(1, 2, 3, 4), torch.zeros(shape), 2)


def test_factor_must_be_positive() -> None:
    with pytest.raises(ValueError, match="convex_upsample: factor must be at least 1, got 0"):
        convex_upsample(torch.zeros(1, 2, 3, 4), torch.zeros(1, 0, 3, 4), 0)
