"""Builders of the single-image networks."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from vidgan.layers import InstanceNorm, TrackedInstanceNorm
from vidgan.models import global_generator, instance_encoder, local_enhancer

BUILDERS = {
    "global_generator": global_generator,
    "local_enhancer": local_enhancer,
    "instance_encoder": instance_encoder,
}


def conv(kernel: int, width_in: int, width_out: int) -> int:
    """Weights of a convolution with bias."""
    return kernel**2 * width_in * width_out + width_out


def scale_weights(
    channels: int, *, g: int, d: int, n: int, F: int = 0, batch: bool = False, cap: int = 1024
) -> int:
    """Count the weights of one scale of the published layout, layer by layer."""

    def normed(kernel: int, width_in: int, width_out: int) -> int:
        return conv(kernel, width_in, width_out) + (2 * width_out if batch else 0)

    widths = [min(cap, g << i) for i in range(d + 1)]
    total = normed(7, channels + F, g) + sum(normed(3, a, b) for a, b in pairwise(widths))
    total += 2 * n * normed(3, widths[-1] + F, widths[-1] + F)
    inputs = [widths[-1] + 2 * F, *widths[-2:0:-1]]
    return total + sum(normed(3, a, b) for a, b in zip(inputs, widths[-2::-1], strict=False))


def count(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


# Every term of the count at every depth, then without those of features and norms.
@pytest.mark.parametrize(
    ("d", "n", "F", "norm"),
    [
        (1, 0, 3, "batch"),
        (2, 3, 3, "batch"),
        (3, 1, 3, "batch"),
        (2, 3, 0, "batch"),
        (2, 3, 3, "instance_tracked"),
    ],
)
def test_number_of_weights(d: int, n: int, F: int, norm: str) -> None:
    batch = norm == "batch"
    common = {
        "image_channels": 4,
        "feature_channels": F,
        "base_channels": 8,
        "num_downsamplings": d,
        "num_blocks": n,
        "norm": norm,
    }
    with torch.device("meta"):
        whole = global_generator(5, **common)
        local = local_enhancer(5, num_enhancers=2, num_enhancer_blocks=1, **common)

    head = conv(7, 8 + F, 4)
    assert count(whole) == scale_weights(5, g=8, d=d, n=n, F=F, batch=batch) + head
    enhancers = sum(scale_weights(5, g=g, d=1, n=1, F=F, batch=batch) for g in (8, 16))
    assert count(local) == (enhancers + scale_weights(5, g=32, d=d, n=n, F=F, batch=batch) + head)


def test_the_smallest() -> None:
    """The number in the docstring."""
    assert scale_weights(15, g=8, d=2, n=2) + conv(7, 8, 3) == 55651


def test_published_widths() -> None:
    """Wang et al., CVPR 2018, Appendix: c7s1-64, ..., d1024, 9 R1024; c7s1-32, d64, 3 R64."""
    with torch.device("meta"):
        whole, local = global_generator(36), local_enhancer(36)
        encoder = instance_encoder()

    (network,) = whole.scales
    layers = [network.encoder.stem, *network.encoder.downs]
    assert [layer.conv.out_channels for layer in layers] == [64, 128, 256, 512, 1024]
    assert len(network.decoder.blocks) == 9
    finest, coarsest = local.scales
    assert finest.encoder.stem.conv.out_channels == 32
    assert (finest.encoder.out_channels, len(finest.decoder.blocks)) == (64, 3)
    assert count(coarsest) == count(network)
    layers = [encoder.network.encoder.stem, *encoder.network.encoder.downs]
    assert [layer.conv.out_channels for layer in layers] == [16, 32, 64, 128, 256]
    assert len(encoder.network.decoder.blocks) == 0
    assert (encoder.image_channels, encoder.feature_channels) == (3, 3)


def test_widths_stop_at_1024() -> None:
    with torch.device("meta"):
        whole = global_generator(3, base_channels=512, num_downsamplings=3, num_blocks=1)

    assert count(whole) == scale_weights(3, g=512, d=3, n=1, cap=1024) + conv(7, 512, 3)


@pytest.mark.parametrize("norm", ["batch", "instance", "instance_tracked", "none"])
@pytest.mark.parametrize("name", BUILDERS)
def test_options_reach_every_layer(norm: str, name: str) -> None:
    kinds = {
        "batch": nn.BatchNorm2d,
        "instance": InstanceNorm,
        "instance_tracked": TrackedInstanceNorm,
        "none": nn.Identity,
    }
    small = {"base_channels": 2, "num_downsamplings": 2, "norm": norm, "upsampling": "resize"}

    network = BUILDERS[name](3, **small)

    norms = [module for key, module in network.named_modules() if "norm" in key.split(".")[-1]]
    assert norms
    assert {type(norm) for norm in norms} == {kinds[norm]}
    assert not any(isinstance(module, nn.ConvTranspose2d) for module in network.modules())
    assert network.training


def test_weights_are_drawn_as_published() -> None:
    torch.manual_seed(0)
    network = local_enhancer(3, base_channels=8, num_downsamplings=2, num_blocks=2, norm="batch")

    trained = dict(network.named_parameters())
    convs = torch.cat([w.detach().flatten() for w in trained.values() if w.dim() == 4])
    norms = torch.cat([w for n, w in trained.items() if w.dim() == 1 and n.endswith("weight")])
    assert float(convs.std()) == pytest.approx(0.02, rel=0.01)
    assert float(norms.detach().mean()) == pytest.approx(1, abs=0.005)
    assert not any(w.any() for name, w in trained.items() if name.endswith("bias"))


@pytest.mark.parametrize(
    ("name", "argument", "value", "least"),
    [
        ("global_generator", "condition_channels", 0, 1),
        ("global_generator", "image_channels", 0, 1),
        ("global_generator", "feature_channels", -1, 0),
        ("global_generator", "base_channels", 0, 1),
        ("global_generator", "num_downsamplings", -1, 0),
        ("global_generator", "num_blocks", -1, 0),
        ("local_enhancer", "condition_channels", 0, 1),
        ("local_enhancer", "num_enhancers", 0, 1),
        ("local_enhancer", "num_enhancer_blocks", -1, 0),
        ("instance_encoder", "image_channels", 0, 1),
        ("instance_encoder", "feature_channels", 0, 1),
    ],
)
def test_counts_out_of_range_raise(name: str, argument: str, value: int, least: int) -> None:
    first = {} if name == "instance_encoder" else {"condition_channels": 3}
    small = {"base_channels": 2, "num_downsamplings": 1}
    # an enhancer is built as a scale, and a scale's blocks are the decoder's
    argument_at_fault = "num_blocks" if argument == "num_enhancer_blocks" else argument

    with pytest.raises(
        ValueError, match=f"{argument_at_fault} must be at least {least}, got {value}"
    ):
        BUILDERS[name](**(first | small | {argument: value}))


def test_widest_base() -> None:
    with pytest.raises(ValueError, match="base_channels must be at most max_channels = 1024"):
        global_generator(3, base_channels=1025, num_downsamplings=0)
