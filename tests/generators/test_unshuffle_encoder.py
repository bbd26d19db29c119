"""The encoder of patches."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from tests.assertions import rand
from vidgan.generators import UnshuffleEncoder


def test_is_a_convolution_of_unshuffled_pixels() -> None:
    encoder, x = UnshuffleEncoder(3, 5, factor=2, norm="none").double(), rand(2, 3, 4, 6).double()
    weight = encoder.conv.weight.reshape(5, 12, 1, 1)

    expected = F.conv2d(F.pixel_unshuffle(x, 2), weight, encoder.conv.bias).relu()

    torch.testing.assert_close(encoder(x), expected)


@pytest.mark.parametrize("name", ["in_channels", "out_channels", "factor"])
def test_counts_must_be_positive(name: str) -> None:
    options = {"in_channels": 3, "out_channels": 5, "factor": 2, name: 0}

    with pytest.raises(ValueError, match=f"UnshuffleEncoder: {name} must be at least 1, got 0"):
        UnshuffleEncoder(**options)


def test_size_is_divided() -> None:
    assert UnshuffleEncoder(3, 5)(torch.zeros(1, 3, 8, 12)).shape == (1, 5, 2, 3)
