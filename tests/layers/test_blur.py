"""The fixed low-pass."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from tests.assertions import rand
from vidgan.layers import Blur


def test_every_channel_by_itself() -> None:
    x = rand(2, 3, 5, 7).double()
    padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
    weights = (1, 2, 1)
    expected = sum(
        weights[i] * weights[j] / 16 * padded[..., i : i + 5, j : j + 7]
        for i in range(3)
        for j in range(3)
    )

    torch.testing.assert_close(Blur(3)(x), expected)


def test_keeps_constant_maps_and_removes_what_alternates() -> None:
    checkers = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).repeat(1, 2, 4, 5)

    assert torch.equal(Blur(2)(torch.ones(1, 2, 2, 3)), torch.ones(1, 2, 2, 3))
    assert torch.equal(Blur(2)(checkers), torch.full_like(checkers, 0.5))


def test_is_no_part_of_the_state() -> None:
    assert Blur(2).state_dict() == {}


@pytest.mark.parametrize("size", [(1, 4), (4, 1)])
def test_size_must_be_two(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="Blur: x must be at least 2x2, got"):
        Blur(2)(torch.zeros(1, 2, *size))
