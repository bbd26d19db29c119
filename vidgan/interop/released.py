"""Key names of the released vid2vid checkpoints, mapped to those of vidgan."""

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
_TRUNKS = {
    "model_up_img": "image_branch.trunk",
    "model_up_flow": "flow_branch.trunk",
    "indv_up": "foreground.branch.trunk",
}
_HEADS = {
    "model_final_img": "image_branch.head.conv",
    "model_final_flow": "flow_branch.flow_head.conv",
    "model_final_w": "flow_branch.occlusion_head.conv",
    "indv_final": "foreground.branch.head.conv",
}
_IN_BLOCK = {"1": "conv1", "2": "norm1", "5": "conv2", "6": "norm2"}


def generator_state_dict(released: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the weights of one scale of a released generator.

    Args:
        released: key -> weight, as in a released ``netG0`` checkpoint (the coarsest scale, for
            `composite_generator`) or ``netG1``, ... (finer ones, for the ``generators[1]``, ... of
            a `coarse_to_fine_generator`).

    Returns:
        key -> weight for ``CompositeGenerator.load_state_dict`` with ``strict=True``.

    Raises:
        ValueError: a key does not belong to such a generator.

    Example:
        >>> import torch
        >>> list(generator_state_dict({"model_final_img.1.bias": torch.zeros(3)}))
        ['image_branch.head.conv.bias']
    """
    depths = {part: _num_convs(released, part) for part in _ENCODERS}
    depths |= {part: _num_blocks(released, part) for part in _TRUNKS}
    return {_generator_key(key, depths): weight for key, weight in released.items()}


def discriminator_state_dict(released: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the weights of a released discriminator for `multiscale_discriminator`.

    The released ``scale{i}`` with the largest i is the finest; vidgan lists the finest first.

    Args:
        released: key -> weight, as in a released ``netD`` checkpoint.

    Returns:
        key -> weight for ``MultiscaleDiscriminator.load_state_dict`` with ``strict=True``.

    Raises:
        ValueError: a key does not belong to a multi-scale discriminator.

    Example:
        >>> import torch
        >>> keys = ["scale0_layer1.0.bias", "scale1_layer0.0.bias", "scale1_layer1.0.bias"]
        >>> list(discriminator_state_dict({key: torch.zeros(1) for key in keys}))[:2]
        ['discriminators.1.logits.bias', 'discriminators.0.layers.0.0.bias']
    """
    parsed: list[tuple[int, int, int, str, Tensor]] = []
    for key, weight in released.items():
        match = re.fullmatch(r"scale(\d+)_layer(\d+)\.(\d+)\.(\w+)", key)
        if match is None:
            raise ValueError(f"discriminator_state_dict: {key!r} is no key of a released one")
        parsed.append((int(match[1]), int(match[2]), int(match[3]), match[4], weight))
    finest = max((scale for scale, *_ in parsed), default=0)
    last = max((layer for _, layer, *_ in parsed), default=0)
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


def _num_blocks(released: Mapping[str, Tensor], part: str) -> int:
    """Count the residual blocks at the start of a released trunk: only finer scales have any."""
    found = (re.match(rf"{part}\.(\d+)\.conv_block\.", key) for key in released)
    return len({match[1] for match in found if match})


def _generator_key(key: str, depths: Mapping[str, int]) -> str:
    match = re.fullmatch(r"(\w+)\.(\d+)\.(?:conv_block\.(\d)\.)?(\w+)", key)
    layer = None if match is None else _layer(match[1], int(match[2]), match[3], depths)
    if match is None or layer is None:
        raise ValueError(f"generator_state_dict: {key!r} is no key of a released generator")
    return f"{layer}.{match[4]}"


def _layer(part: str, index: int, in_block: str | None, depths: Mapping[str, int]) -> str | None:
    """Return our name of entry ``index`` of a part, or of entry ``in_block`` of its block."""
    if in_block is not None:
        first = 1 + 3 * depths.get(part, 0) if part in _ENCODERS else 0
        owner = _ENCODERS.get(part) or _TRUNKS.get(part)
        blocks = f"{owner}.blocks" if owner else _BLOCKS.get(part)
        if blocks is None or index < first or in_block not in _IN_BLOCK:
            return None
        return f"{blocks}.{index - first}.{_IN_BLOCK[in_block]}"
    if part in _HEADS:
        return _HEADS[part] if index == 1 else None
    if part in _TRUNKS:  # blocks at finer scales, then triples of convolution, norm, ReLU
        layer, kind = divmod(index - depths[part], 3)
        known = index >= depths[part] and kind < 2
        return f"{_TRUNKS[part]}.ups.{layer}.{('conv', 'norm')[kind]}" if known else None
    if part in _ENCODERS:  # a padding, then such triples, then the blocks
        layer, kind = divmod(index - 1, 3)
        where = "stem" if layer == 0 else f"downs.{layer - 1}"
        known = index > 0 and kind < 2
        return f"{_ENCODERS[part]}.{where}.{('conv', 'norm')[kind]}" if known else None
    return None
