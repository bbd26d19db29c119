"""The convolutional encoder."""

from __future__ import annotations

import pytest
import torch

from tests.assertions import assert_gradients, rand
from tests.networks import assert_module_compiles
from vidgan.generators import Encoder


@pytest.mark.parametrize("downsamplings", [0, 1, 2, 3])
@pytest.mark.parametrize("norm", ["batch", "instance", "instance_tracked", "none"])
def test_shapes(downsamplings: int, norm: str) -> None:
    encoder = Encoder(5, 2, num_downsamplings=downsamplings, num_blocks=1, norm=norm)
    factor = 2**downsamplings

    out = encoder(rand(2, 5, 16, 24))

    assert out.shape == (2, 2 * factor, 16 // factor, 24 // factor)
    assert (encoder.out_channels, encoder.size_multiple) == (2 * factor, factor)


def test_is_stem_then_downs_then_blocks() -> None:
    encoder, x = Encoder(3, 2, num_downsamplings=2, num_blocks=2), rand(1, 3, 8, 12)

    expected = encoder.stem(x)
    for part in (*encoder.downs, *encoder.blocks):
        expected = part(expected)

    assert encoder.stem.conv.kernel_size == (7, 7)
    assert [block.conv.stride for block in encoder.downs] == [(2, 2), (2, 2)]
    assert len(encoder.blocks) == 2
    torch.testing.assert_close(encoder(x), expected)


def test_gradients() -> None:
    encoder = Encoder(2, 1, num_downsamplings=1, num_blocks=1, norm="instance").double()

    assert_gradients(encoder, rand(1, 2, 4, 6))


def test_compiles() -> None:
    assert_module_compiles(Encoder(3, 2, num_downsamplings=1, num_blocks=1), rand(2, 3, 4, 6))


@pytest.mark.parametrize(
    ("argument", "value", "least"),
    [
        ("in_channels", 0, 1),
        ("base_channels", 0, 1),
        ("num_downsamplings", -1, 0),
        ("num_blocks", -1, 0),
    ],
)
def test_counts_out_of_range_raise(argument: str, value: int, least: int) -> None:
    with pytest.raises(
        ValueError, match=f"Encoder: {argument} must be at least {least}, got {value}"
    ):
        Encoder(**({"in_channels": 3} | {argument: value}))


@pytest.mark.parametrize(
    ("max_channels", "widths"), [(None, [2, 4, 8, 16]), (8, [2, 4, 8, 8]), (2, [2, 2, 2, 2])]
)
def test_widths_stop_where_they_should(max_channels: int | None, widths: list[int]) -> None:
    encoder = Encoder(3, 2, num_downsamplings=3, num_blocks=1, max_channels=max_channels)

    assert [conv.conv.out_channels for conv in (encoder.stem, *encoder.downs)] == widths
    assert encoder.out_channels == encoder.blocks[0].conv1.in_channels == widths[-1]


def test_base_over_the_largest_width_raises() -> None:
    rule = "Encoder: base_channels must be at most max_channels = 8, got 9"
    with pytest.raises(ValueError, match=rule):
        Encoder(3, 9, max_channels=8)
