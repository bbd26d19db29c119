"""The encoder of images to features of their instances."""

from __future__ import annotations

import re

import pytest
import torch

from tests.assertions import assert_gradients, rand
from tests.networks import assert_module_compiles
from tests.references import instance_mean_loop
from vidgan.generators import Decoder, Encoder, EncoderDecoder, ImageHead, InstanceEncoder
from vidgan.layers import init_weights
from vidgan.models import instance_encoder


def tiny(**options) -> InstanceEncoder:
    torch.manual_seed(0)
    return init_weights(
        instance_encoder(**({"base_channels": 2, "num_downsamplings": 1} | options)), std=0.3
    )


def halves(batch: int, height: int, width: int) -> torch.Tensor:
    """An upper and a lower instance, and a pixel that is its own."""
    instances = torch.full((batch, 1, height, width), 26001)
    instances[:, :, : height // 2] = 7
    instances[:, :, 0, 0] = 0
    return instances


def test_averages_the_features_of_the_pixels() -> None:
    encoder, image, instances = tiny(), rand(2, 3, 4, 6), halves(2, 4, 6)

    features = encoder.head(encoder.network(image))

    assert features.shape == (2, 3, 4, 6)
    torch.testing.assert_close(encoder.pixel_features(image), features)
    torch.testing.assert_close(
        encoder(image, instances), instance_mean_loop(features.detach(), instances)
    )


@pytest.mark.parametrize("norm", ["batch", "instance", "instance_tracked", "none"])
@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
def test_every_variant_trains(norm: str, upsampling: str) -> None:
    encoder = tiny(norm=norm, upsampling=upsampling, feature_channels=5)

    features = encoder(rand(2, 3, 8, 12), halves(2, 8, 12))
    features.square().mean().backward()

    assert features.shape == (2, 5, 8, 12)
    assert features.abs().max() <= 1
    assert all(weight.grad.isfinite().all() for weight in encoder.parameters())


def test_one_instance_gives_one_look() -> None:
    features = tiny()(rand(1, 3, 4, 6), torch.zeros(1, 1, 4, 6, dtype=torch.int64))

    assert torch.equal(features, features[:, :, :1, :1].expand_as(features))


def test_gradients() -> None:
    encoder = tiny(base_channels=1).double()

    assert_gradients(lambda image: encoder(image, halves(1, 4, 6)), rand(1, 3, 4, 6))


def test_compiles() -> None:
    assert_module_compiles(tiny(norm="batch"), rand(2, 3, 4, 6), halves(2, 4, 6))


def test_bfloat16_autocast() -> None:
    encoder, image, instances = tiny(), rand(2, 3, 8, 12), halves(2, 8, 12)

    with torch.autocast("cpu", torch.bfloat16):
        features = encoder(image, instances)

    torch.testing.assert_close(features.float(), encoder(image, instances), rtol=0, atol=0.1)


def test_wrong_inputs_raise() -> None:
    encoder = tiny()
    rule = "InstanceEncoder: images must have shape (B, 3, H, W), got (2, 4, 4, 6)"
    with pytest.raises(ValueError, match=re.escape(rule)):
        encoder(rand(2, 4, 4, 6), halves(2, 4, 6))
    rule = (
        "InstanceEncoder: width must be a multiple of 2 and at least 4 for this encoder's "
        "downsamplings, got 4x7 (HxW); width 6 or 8 would work"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(rule)}$"):
        encoder(rand(2, 3, 4, 7), halves(2, 4, 7))
    with pytest.raises(ValueError, match=r"instances must have shape \(2, 1, 4, 6\) as in feat"):
        encoder(rand(2, 3, 4, 6), halves(2, 4, 7))
    with pytest.raises(TypeError, match=r"instances must be an integer tensor, got torch.float32"):
        encoder(rand(2, 3, 4, 6), halves(2, 4, 6).float())
    with pytest.raises(TypeError, match=r"images must be a floating-point tensor, got torch.int64"):
        encoder(rand(2, 3, 4, 6).long(), halves(2, 4, 6))


def test_network_with_a_feature_map_raises() -> None:
    network = EncoderDecoder(
        Encoder(5, 2, num_downsamplings=1, num_blocks=0),
        Decoder(2, num_upsamplings=1, num_blocks=0, feature_channels=2),
    )
    with pytest.raises(ValueError, match=r"network\.feature_channels must be 0, got 2"):
        InstanceEncoder(network, ImageHead(2))
