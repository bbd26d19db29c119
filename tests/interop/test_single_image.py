"""Key names of released single-image networks; tests/models/test_golden.py has their numbers."""

from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor, nn

from tests.assertions import rand
from tests.networks import assert_same_bits
from vidgan.generators import Decoder, Encoder, SingleImageGenerator
from vidgan.interop import instance_encoder_state_dict, single_image_state_dict
from vidgan.models import global_generator, instance_encoder, local_enhancer


def sequence(part: str, layers: list[str]) -> list[str]:
    """Keys of a sequence of layers: pad, relu, conv, norm, block."""
    keys = []
    for index, layer in enumerate(layers):
        if layer == "conv":
            keys += [f"{part}.{index}.weight", f"{part}.{index}.bias"]
        elif layer == "norm":
            keys += [f"{part}.{index}.running_mean"]
        elif layer == "block":
            inner = f"{part}.{index}.conv_block"
            keys += [f"{inner}.{i}.{name}" for i in (1, 5) for name in ("weight", "bias")]
            keys += [f"{inner}.{i}.running_mean" for i in (2, 6)]
    return keys


CONV = ["conv", "norm", "relu"]
HEAD = ["pad", "conv", "tanh"]


def released_global(d: int, n: int) -> list[str]:
    return sequence("model", ["pad", *CONV, *CONV * d, *["block"] * n, *CONV * d, *HEAD])


def released_features(d: int, n: int) -> list[str]:
    return [
        *sequence("model_downsample", ["pad", *CONV, *CONV * d]),
        *sequence("model_resnet", ["block"] * n),
        *sequence("model_upsample", CONV * d),
        *sequence("model_upsample_conv", HEAD),
    ]


def released_local(d: int, n: int, blocks: int, enhancers: int = 1) -> list[str]:
    keys = sequence("model", ["pad", *CONV, *CONV * d, *["block"] * n, *CONV * d])
    for i in range(1, enhancers + 1):
        keys += sequence(f"model{i}_1", ["pad", *CONV, *CONV])
        head = HEAD if i == enhancers else []
        keys += sequence(f"model{i}_2", [*["block"] * blocks, *CONV, *head])
    return keys


def released_local_features(d: int, n: int, blocks: int, enhancers: int = 1) -> list[str]:
    keys = released_features(d, n)
    keys = [key for key in keys if not key.startswith("model_upsample_conv")]
    for i in range(1, enhancers + 1):
        keys += sequence(f"model{i}_1", ["pad", *CONV, *CONV])
        keys += sequence(f"model{i}_2", [*["block"] * blocks, *CONV])
    return [*keys, *sequence("model_final", HEAD)]


def weights(keys: list[str]) -> dict[str, Tensor]:
    return {key: torch.empty((1,) * (4 if key.endswith("weight") else 1)) for key in keys}


def names(network: torch.nn.Module) -> list[str]:
    """The keys of a network, of each norm its mean alone."""
    return sorted(
        key
        for key in network.state_dict()
        if not key.endswith(("running_var", "num_batches_tracked"))
    )


SIZES = [(1, 0), (1, 2), (2, 3), (4, 1)]


@pytest.mark.parametrize(("d", "n"), [(0, 2), *SIZES])
def test_every_key_of_a_global_generator(d: int, n: int) -> None:
    options = {"base_channels": 2, "num_downsamplings": d, "num_blocks": n}
    network = global_generator(3, norm="instance_tracked", **options)

    assert sorted(single_image_state_dict(weights(released_global(d, n)))) == names(network)


@pytest.mark.parametrize(("d", "n"), SIZES)
def test_every_key_of_a_global_generator_with_features(d: int, n: int) -> None:
    options = {"base_channels": 2, "num_downsamplings": d, "num_blocks": n}
    network = global_generator(3, feature_channels=2, norm="instance_tracked", **options)

    assert sorted(single_image_state_dict(weights(released_features(d, n)))) == names(network)


@pytest.mark.parametrize(("d", "n"), SIZES)
@pytest.mark.parametrize("enhancers", [1, 2, 3])
def test_every_key_of_a_local_enhancer(d: int, n: int, enhancers: int) -> None:
    network = local_enhancer(
        3,
        base_channels=1,
        num_downsamplings=d,
        num_blocks=n,
        num_enhancers=enhancers,
        num_enhancer_blocks=n + 1,
        norm="instance_tracked",
    )
    released = weights(released_local(d, n, n + 1, enhancers))

    assert sorted(single_image_state_dict(released)) == names(network)


@pytest.mark.parametrize(("d", "n"), SIZES)
@pytest.mark.parametrize("enhancers", [1, 2])
def test_every_key_of_a_local_enhancer_with_features(d: int, n: int, enhancers: int) -> None:
    network = local_enhancer(
        3,
        feature_channels=2,
        base_channels=1,
        num_downsamplings=d,
        num_blocks=n,
        num_enhancers=enhancers,
        num_enhancer_blocks=n + 1,
        norm="instance_tracked",
    )
    released = weights(released_local_features(d, n, n + 1, enhancers))

    assert sorted(single_image_state_dict(released)) == names(network)


def encoder_layers(encoder: Encoder) -> list[nn.Module]:
    """Pad, then convolution, norm, ReLU for the stem and for each downsampling."""
    convs = [encoder.stem, *encoder.downs]
    triples = [layer for conv in convs for layer in (conv.conv, conv.norm, nn.ReLU())]
    return [nn.Identity(), *triples]


def block_layers(decoder: Decoder) -> list[nn.Module]:
    """Blocks whose ``conv_block`` is pad, convolution, norm, ReLU, pad, convolution, norm."""
    pad, blocks = nn.Identity(), []
    for block in decoder.blocks:
        released = nn.Module()
        released.conv_block = nn.Sequential(
            pad, block.conv1, block.norm1, nn.ReLU(), pad, block.conv2, block.norm2
        )
        blocks.append(released)
    return blocks


def up_layers(decoder: Decoder) -> list[nn.Module]:
    """Transposed convolution, norm and ReLU for each upsampling."""
    return [layer for up in decoder.ups for layer in (up.conv, up.norm, nn.ReLU())]


def as_released(network: SingleImageGenerator) -> dict[str, Tensor]:
    """The weights of a local enhancer with features under the published names."""
    finer, coarse = network.scales
    parts = {
        "model_downsample": encoder_layers(coarse.encoder),
        "model_resnet": block_layers(coarse.decoder),
        "model_upsample": up_layers(coarse.decoder),
        "model1_1": encoder_layers(finer.encoder),
        "model1_2": block_layers(finer.decoder) + up_layers(finer.decoder),
        "model_final": [nn.Identity(), network.head.conv, nn.Tanh()],
    }
    return nn.ModuleDict(
        {name: nn.Sequential(*layers) for name, layers in parts.items()}
    ).state_dict()


@pytest.mark.parametrize("norm", ["batch", "instance_tracked"])
@pytest.mark.parametrize(("blocks", "enhancer_blocks"), [(2, 1), (0, 3), (1, 0)])
def test_local_enhancer_with_features_and_back(
    norm: str, blocks: int, enhancer_blocks: int
) -> None:
    options = {
        "feature_channels": 2,
        "base_channels": 2,
        "num_downsamplings": 2,
        "num_blocks": blocks,
        "num_enhancer_blocks": enhancer_blocks,
        "norm": norm,
    }
    torch.manual_seed(0)
    network, other = local_enhancer(3, **options), local_enhancer(3, **options)
    call = rand(2, 3, 16, 24), rand(2, 2, 16, 24, seed=1)
    network(*call)  # running statistics of its own
    released = as_released(network)

    assert {key.partition(".")[0] for key in released} <= {
        *("model1_1", "model1_2", "model_downsample", "model_resnet"),
        *("model_upsample", "model_final"),
    }
    other.load_state_dict(single_image_state_dict(released), strict=True)

    assert not torch.equal(local_enhancer(3, **options).eval()(*call), network.eval()(*call))
    assert_same_bits(other.eval()(*call), network.eval()(*call))


@pytest.mark.parametrize("d", [0, 1, 2, 4])
def test_every_key_of_an_encoder(d: int) -> None:
    network = instance_encoder(base_channels=2, num_downsamplings=d, norm="instance_tracked")

    assert sorted(instance_encoder_state_dict(weights(released_global(d, 0)))) == names(network)


def test_weights_are_the_very_tensors_at_their_place() -> None:
    released = {key: torch.full((1, 1, 1, 1), i) for i, key in enumerate(released_global(1, 1))}

    renamed = single_image_state_dict(released)

    assert all(any(new is old for old in released.values()) for new in renamed.values())
    places = {
        "model.1.weight": "scales.0.encoder.stem.conv.weight",
        "model.4.weight": "scales.0.encoder.downs.0.conv.weight",
        "model.7.conv_block.5.weight": "scales.0.decoder.blocks.0.conv2.weight",
        "model.8.weight": "scales.0.decoder.ups.0.conv.weight",
        "model.12.weight": "head.conv.weight",
    }
    for theirs, ours in places.items():
        assert renamed[ours] is released[theirs]


def test_last_enhancer_is_the_finest() -> None:
    renamed = single_image_state_dict(
        {key: torch.zeros(1) for key in ("model2_1.1.bias", "model1_1.1.bias", "model.1.bias")}
    )

    assert list(renamed) == [f"scales.{i}.encoder.stem.conv.bias" for i in (0, 1, 2)]


def test_nothing_gives_nothing() -> None:
    assert single_image_state_dict({}) == {}
    assert instance_encoder_state_dict({}) == {}


@pytest.mark.parametrize(
    "key",
    [
        "model.0.weight",
        "model.3.weight",
        "model.40.weight",
        "model.1",
        "model.x.weight",
        "model.7.conv_block.3.weight",
        "model1_3.1.weight",
        "model_upsample.0.weight",
        "model_downsample_1.1.weight",
        "module.model.1.weight",
        "",
    ],
)
def test_unknown_key_raises(key: str) -> None:
    rule = re.escape(f"single_image_state_dict: {key!r} is no key of a released single-image gen")
    with pytest.raises(ValueError, match=rule):
        single_image_state_dict(weights(released_global(1, 1)) | {key: torch.zeros(1)})


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        (released_features(1, 1), "model_final.1.weight"),
        (released_features(1, 1), "model_resnet.1.weight"),
        (released_local_features(1, 1, 1), "model_upsample_conv.1.weight"),
        (released_local_features(1, 1, 1), "model_final.0.weight"),
        (released_local_features(1, 1, 1), "model1_2.5.weight"),  # the head's without features
        (released_local_features(1, 1, 1), "model1_3.0.weight"),
        (released_local(1, 1, 1), "model_final.1.weight"),
    ],
)
def test_unknown_key_beside_features_raises(keys: list[str], key: str) -> None:
    rule = re.escape(f"single_image_state_dict: {key!r} is no key of a released single-image gen")
    with pytest.raises(ValueError, match=rule):
        single_image_state_dict(weights(keys) | {key: torch.zeros(1)})


@pytest.mark.parametrize("key", ["model.3.weight", "model1_1.1.weight", "", "model_resnet.0.bias"])
def test_unknown_key_of_an_encoder_raises(key: str) -> None:
    rule = re.escape(f"instance_encoder_state_dict: {key!r} is no key of a released")
    with pytest.raises(ValueError, match=rule):
        instance_encoder_state_dict(weights(released_global(1, 0)) | {key: torch.zeros(1)})
