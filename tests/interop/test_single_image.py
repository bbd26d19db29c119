"""Key names of released single-image networks; tests/models/test_golden.py has their numbers."""

from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor

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


@pytest.mark.parametrize("key", ["model.3.weight", "model1_1.1.weight", "", "model_resnet.0.bias"])
def test_unknown_key_of_an_encoder_raises(key: str) -> None:
    rule = re.escape(f"instance_encoder_state_dict: {key!r} is no key of a released")
    with pytest.raises(ValueError, match=rule):
        instance_encoder_state_dict(weights(released_global(1, 0)) | {key: torch.zeros(1)})
