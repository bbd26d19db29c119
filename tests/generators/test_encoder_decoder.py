"""One scale of a single-image network."""

from __future__ import annotations

import re

import pytest
import torch

from tests.assertions import assert_gradients, rand
from tests.networks import assert_module_compiles
from vidgan.generators import Decoder, Encoder, EncoderDecoder


def scale(in_channels: int = 5, *, feature_channels: int = 0, norm: str = "instance"):
    return EncoderDecoder(
        Encoder(in_channels, 2, num_downsamplings=1, num_blocks=0, norm=norm),
        Decoder(2, num_upsamplings=1, num_blocks=1, norm=norm, feature_channels=feature_channels),
    )


def test_is_encoder_then_decoder() -> None:
    network, x = scale(), rand(2, 5, 4, 6)

    torch.testing.assert_close(network(x), network.decoder(network.encoder(x)))
    assert (network.in_channels, network.out_channels) == (5, 2)
    assert (network.feature_channels, network.size_multiple) == (0, 2)


def test_coarser_features_are_added_to_the_encoded() -> None:
    network, x, coarser = scale(), rand(2, 5, 4, 6), rand(2, 4, 2, 3, seed=1)

    expected = network.decoder(network.encoder(x) + coarser)

    torch.testing.assert_close(network(x, coarser=coarser), expected)


def test_features_are_stacked_behind_the_input() -> None:
    network, x, z = scale(8, feature_channels=3), rand(2, 5, 4, 6), rand(2, 3, 4, 6, seed=1)

    expected = network.decoder(network.encoder(torch.cat([x, z], 1)), z)

    torch.testing.assert_close(network(x, z), expected)
    assert (network.in_channels, network.feature_channels) == (5, 3)


def test_gradients() -> None:
    network = scale(2, feature_channels=1).double()

    assert_gradients(
        lambda x, z, coarser: network(x, z, coarser=coarser),
        rand(1, 1, 4, 6),
        rand(1, 1, 4, 6, seed=1),
        rand(1, 4, 2, 3, seed=2),
    )


def test_compiles() -> None:
    assert_module_compiles(
        scale(8, feature_channels=3, norm="batch"),
        rand(2, 5, 4, 6),
        rand(2, 3, 4, 6, seed=1),
        coarser=rand(2, 4, 2, 3, seed=2),
    )


@pytest.mark.parametrize(
    ("decoder", "rule"),
    [
        (
            Decoder(3, num_upsamplings=1, num_blocks=0),
            "decoder.in_channels must be 4 as encoder.out_channels, got 6",
        ),
        (
            Decoder(1, num_upsamplings=2, num_blocks=0),
            "2**decoder.num_upsamplings must be 2 as encoder.size_multiple, got 4",
        ),
        (
            Decoder(2, num_upsamplings=1, num_blocks=0, feature_channels=5),
            "encoder.in_channels must be more than decoder.feature_channels = 5, which are "
            "stacked behind the input, got 5",
        ),
    ],
)
def test_parts_that_do_not_fit_raise(decoder: Decoder, rule: str) -> None:
    encoder = Encoder(5, 2, num_downsamplings=1, num_blocks=0)

    with pytest.raises(ValueError, match=re.escape(f"EncoderDecoder: {rule}")):
        EncoderDecoder(encoder, decoder)
