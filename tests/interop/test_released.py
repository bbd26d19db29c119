"""Key names of the released checkpoints; tests/models/test_golden.py compares their numbers."""

from __future__ import annotations

import re

import pytest
import torch

from vidgan.interop import discriminator_state_dict, generator_state_dict
from vidgan.models import composite_generator, multiscale_discriminator


def released_generator_keys(num_downsamplings: int, num_blocks: int) -> list[str]:
    """Keys of the convolutions, as the layout of the released networks has them."""
    keys = []
    for part in ("model_down_seg", "model_down_img"):
        keys += [f"{part}.{1 + 3 * i}" for i in range(num_downsamplings + 1)]
        first = 4 + 3 * num_downsamplings
        blocks = range(first, first + num_blocks - num_blocks // 2)
        keys += [f"{part}.{i}.conv_block.{j}" for i in blocks for j in (1, 5)]
    for part in ("img", "flow"):
        blocks = range(num_blocks // 2)
        keys += [f"model_res_{part}.{i}.conv_block.{j}" for i in blocks for j in (1, 5)]
        keys += [f"model_up_{part}.{3 * i}" for i in range(num_downsamplings)]
    keys += [f"indv_down.{1 + 3 * i}" for i in range(num_downsamplings + 1)]
    keys += [f"indv_res.{i}.conv_block.{j}" for i in range(num_blocks) for j in (1, 5)]
    keys += [f"indv_up.{3 * i}" for i in range(num_downsamplings)]
    keys += ["model_final_img.1", "model_final_flow.1", "model_final_w.1", "indv_final.1"]
    return [f"{key}.{name}" for key in keys for name in ("weight", "bias")]


@pytest.mark.parametrize(("num_downsamplings", "num_blocks"), [(0, 1), (1, 2), (2, 3), (3, 5)])
def test_every_generator_key_has_its_place(num_downsamplings: int, num_blocks: int) -> None:
    with torch.device("meta"):
        network = composite_generator(
            2,
            base_channels=4,
            num_downsamplings=num_downsamplings,
            num_blocks=num_blocks,
            norm="instance",
            foreground=True,
        )
        keys = released_generator_keys(num_downsamplings, num_blocks)
        released = {key: torch.empty((1,) * (4 if key.endswith("weight") else 1)) for key in keys}

    assert sorted(generator_state_dict(released)) == sorted(network.state_dict())


@pytest.mark.parametrize(("num_scales", "num_layers"), [(1, 3), (2, 1), (3, 2)])
def test_every_discriminator_key_has_its_place(num_scales: int, num_layers: int) -> None:
    with torch.device("meta"):
        network = multiscale_discriminator(
            5, base_channels=4, num_scales=num_scales, num_layers=num_layers, norm="instance"
        )
    released = {
        f"scale{scale}_layer{layer}.0.{name}": torch.zeros(1)
        for scale in range(num_scales)
        for layer in range(num_layers + 2)
        for name in ("weight", "bias")
    }

    assert sorted(discriminator_state_dict(released)) == sorted(network.state_dict())


def test_largest_scale_is_the_finest() -> None:
    released = {
        f"scale{scale}_layer{layer}.0.bias": torch.tensor([scale, layer])
        for scale in range(3)
        for layer in range(2)
    }

    renamed = discriminator_state_dict(released)

    assert renamed["discriminators.0.layers.0.0.bias"].tolist() == [2, 0]
    assert renamed["discriminators.2.logits.bias"].tolist() == [0, 1]


def test_weights_are_the_very_tensors() -> None:
    weight = torch.zeros(3)

    assert generator_state_dict({"indv_final.1.bias": weight}) == {
        "foreground.branch.head.conv.bias": weight
    }


def test_nothing_gives_nothing() -> None:
    assert generator_state_dict({}) == {}
    assert discriminator_state_dict({}) == {}


@pytest.mark.parametrize(
    "key",
    [
        "model_final_img.2.weight",
        "model_final_img.weight",
        "model_final_img.1.",
        "model_final_img.one.weight",
        "model_res_img.0.conv_block.3.weight",
        "model_res_img.0.conv_block.1",
        "model_res_img.0.weight",
        "model_res_img.x.conv_block.1.weight",
        "model_up_img.2.weight",
        "model_up_img.x.weight",
        "model_up_img.0.conv_block.3.weight",
        "model_down_seg.0.weight",
        "model_down_seg.3.weight",
        "model_down_seg.0.conv_block.1.weight",
        "model_down_img.4.conv_block.9.weight",
        "model_final_seg.1.weight",
        "module.model_final_img.1.weight",
        "scale0_layer0.0.weight",
        "",
    ],
)
def test_unknown_generator_key_raises(key: str) -> None:
    rule = f"generator_state_dict: {key!r} is no key of a released generator"
    with pytest.raises(ValueError, match=re.escape(rule)):
        generator_state_dict({key: torch.zeros(1)})


@pytest.mark.parametrize(
    "key",
    [
        "scale0_layer0.weight",
        "scale_layer0.0.weight",
        "layer0.0.weight",
        "scale0_layerx.0.bias",
        "",
    ],
)
def test_unknown_discriminator_key_raises(key: str) -> None:
    rule = f"discriminator_state_dict: {key!r} is no key of a released one"
    with pytest.raises(ValueError, match=re.escape(rule)):
        discriminator_state_dict({"scale0_layer0.0.bias": torch.zeros(1), key: torch.zeros(1)})
