"""Key names of the released vid2vid checkpoints, mapped to those of vidgan's modules."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

_ENCODERS = {
    "model_down_seg": "condition_encoder",
    "model_down_img": "frame_encoder",
    "indv_down": "foreground.encoder",
}
_BLOCKS = {
    "model_res_img": "image_branch.trunk.blocks",
    "model_res_flow": "flow_branch.trunk.blocks",
    "indv_res": "foreground.branch.trunk.blocks",
}
_UPS = {
    "model_up_img": "image_branch.trunk.ups",
    "model_up_flow": "flow_branch.trunk.ups",
    "indv_up": "foreground.branch.trunk.ups",
}
_HEADS = {
    "model_final_img": "image_branch.head.conv",
    "model_final_flow": "flow_branch.flow_head.conv",
    "model_final_w": "flow_branch.occlusion_head.conv",
    "indv_final": "foreground.branch.head.conv",
}
_IN_BLOCK = {"1": "conv1", "2": "norm1", "5": "conv2", "6": "norm2"}


def generator_state_dict(released: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the weights of a released coarsest-scale generator for `composite_generator`.

    Args:
        released: key -> weight, as in a released ``netG0`` checkpoint.

    Returns:
        key -> weight for ``CompositeGenerator.load_state_dict`` with ``strict=True``.

    Raises:
        ValueError: a key is none of a coarsest-scale generator's.

    Example:
        >>> import torch
        >>> list(generator_state_dict({"model_final_img.1.bias": torch.zeros(3)}))
        ['image_branch.head.conv.bias']
    """
    depths = {part: _num_convs(released, part) for part in _ENCODERS}
    return {_generator_key(key, depths): weight for key, weight in released.items()}


def discriminator_state_dict(released: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the weights of a released discriminator for `multiscale_discriminator`.

    The released ``scale{i}`` with the largest i is the finest; vidgan lists the finest first.

    Args:
        released: key -> weight, as in a released ``netD`` checkpoint.

    Returns:
        key -> weight for ``MultiscaleDiscriminator.load_state_dict`` with ``strict=True``.

    Raises:
        ValueError: a key is none of a multi-scale discriminator's.

    Example:
        >>> import torch
        >>> keys = ["scale0_layer1.0.bias", "scale1_layer0.0.bias", "scale1_layer1.0.bias"]
        >>> list(discriminator_state_dict({key: torch.zeros(1) for key in keys}))[:2]
        ['discriminators.1.logits.bias', 'discriminators.0.layers.0.0.bias']
    """
    parsed = []
    for key, weight in released.items():
        match = re.fullmatch(r"scale(\d+)_layer(\d+)\.(\d+)\.(\w+)", key)
        if match is None:
            raise ValueError(f"discriminator_state_dict: {key!r} is no key of a released one")
        parsed.append((*(int(match[i]) for i in (1, 2, 3)), match[4], weight))
    finest = max(scale for scale, *_ in parsed)
    last = max(layer for _, layer, *_ in parsed)
    return {
        f"discriminators.{finest - scale}."
        + (f"logits.{name}" if layer == last else f"layers.{layer}.{part}.{name}"): weight
        for scale, layer, part, name, weight in parsed
    }


def _num_convs(released: Mapping[str, Tensor], part: str) -> int:
    """Count the plain convolutions of a released encoder: its residual blocks come after them."""
    return sum(
        re.fullmatch(rf"{part}\.\d+\.weight", key) is not None and weight.dim() == 4
        for key, weight in released.items()
    )


def _generator_key(key: str, depths: Mapping[str, int]) -> str:
    part, _, rest = key.partition(".")
    index, _, name = rest.partition(".")
    if part in _HEADS and index == "1":
        return f"{_HEADS[part]}.{name}"
    if part in _BLOCKS:
        return f"{_BLOCKS[part]}.{index}.{_in_block(key, name)}"
    if part in _UPS:
        layer, kind = divmod(int(index), 3)
        return f"{_UPS[part]}.{layer}.{('conv', 'norm')[kind]}.{name}"
    if part in _ENCODERS:
        return f"{_ENCODERS[part]}.{_in_encoder(key, int(index), name, depths[part])}"
    raise ValueError(
        f"generator_state_dict: {key!r} is no key of a released coarsest-scale generator"
    )


def _in_block(key: str, name: str) -> str:
    match = re.fullmatch(r"conv_block\.(\d)\.(\w+)", name)
    if match is None or match[1] not in _IN_BLOCK:
        raise ValueError(f"generator_state_dict: {key!r} is no key of a residual block")
    return f"{_IN_BLOCK[match[1]]}.{match[2]}"


def _in_encoder(key: str, index: int, name: str, num_convs: int) -> str:
    """Name the ``index``-th entry of a released encoder: pad, then triples, then blocks."""
    if name.startswith("conv_block."):
        return f"blocks.{index - 1 - 3 * num_convs}.{_in_block(key, name)}"
    layer, kind = divmod(index - 1, 3)
    where = "stem" if layer == 0 else f"downs.{layer - 1}"
    return f"{where}.{('conv', 'norm')[kind]}.{name}"
