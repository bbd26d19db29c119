"""Key names of the released single-image networks, mapped to those of vidgan's modules."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

# of one released part: (index in the sequence, index in its residual block or None) -> our name
_Layout = dict[tuple[int, str | None], str]

_IN_BLOCK = {"1": "conv1", "2": "norm1", "5": "conv2", "6": "norm2"}


def single_image_state_dict(released: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the weights of a released single-image generator for `SingleImageGenerator`.

    The keys tell which one it is:

    - `global_generator`: ``model``;
    - with a feature map: ``model_downsample``, ``model_resnet``, ``model_upsample`` and
      ``model_upsample_conv``;
    - `local_enhancer`: ``model`` is the global network, ``model1_1`` and ``model1_2`` are the
      enhancer (``model2_1``, ... the next finer one);
    - with a feature map: ``model_downsample``, ``model_resnet`` and ``model_upsample`` are the
      global network, ``model1_1`` and ``model1_2`` the enhancer, and ``model_final`` is the last
      convolution.

    Args:
        released: key -> weight, as in a released checkpoint of a single-image generator.

    Returns:
        key -> weight for ``SingleImageGenerator.load_state_dict`` with ``strict=True``.

    Raises:
        ValueError: a key is none of such a generator's.

    Example:
        >>> import torch
        >>> list(single_image_state_dict({"model1_2.4.bias": torch.zeros(3)}))
        ['head.conv.bias']
    """
    return _rename(released, _generator_layouts(released), "single_image_state_dict", "generator")


def instance_encoder_state_dict(released: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the weights of a released feature encoder for `instance_encoder`.

    Args:
        released: key -> weight, as in a released ``netE`` checkpoint.

    Returns:
        key -> weight for ``InstanceEncoder.load_state_dict`` with ``strict=True``.

    Raises:
        ValueError: a key is none of a feature encoder's.

    Example:
        >>> import torch
        >>> list(instance_encoder_state_dict({"model.1.weight": torch.zeros(8, 3, 7, 7)}))
        ['network.encoder.stem.conv.weight']
    """
    layouts = {"model": _whole(released, "model", "network", has_head=True)}
    return _rename(released, layouts, "instance_encoder_state_dict", "encoder")


def _generator_layouts(released: Mapping[str, Tensor]) -> dict[str, _Layout]:
    names = {key.partition(".")[0] for key in released}
    matches = [re.match(r"model(\d+)_[12]\.", key) for key in released]
    last = max((int(match[1]) for match in matches if match), default=0)
    coarsest = f"scales.{last}"  # ours are listed finest first
    has_features = "model_downsample" in names and "model" not in names
    if has_features:
        # a feature map enters between these parts, so none of them is one sequence with the next
        layouts = _parts(released, coarsest)
        layouts["model_final" if last else "model_upsample_conv"] = {(1, None): "head.conv"}
    else:
        layouts = {"model": _whole(released, "model", coarsest, has_head=last == 0)}
    for i in range(1, last + 1):
        scale = f"scales.{last - i}"
        blocks = _num_blocks(released, f"model{i}_2")
        has_head = i == last and not has_features
        layouts[f"model{i}_1"] = _encoder(released, f"model{i}_1", f"{scale}.encoder")
        layouts[f"model{i}_2"] = _decoder(f"{scale}.decoder", 0, blocks, 1, has_head=has_head)
    return layouts


def _parts(released: Mapping[str, Tensor], ours: str) -> dict[str, _Layout]:
    """A whole network without its head, in three sequences: convolutions, blocks, upsamplings."""
    blocks = _num_blocks(released, "model_resnet")
    ups = _num_convs(released, "model_upsample")
    return {
        "model_downsample": _encoder(released, "model_downsample", f"{ours}.encoder"),
        "model_resnet": _blocks(f"{ours}.decoder", 0, blocks),
        "model_upsample": _triples(f"{ours}.decoder.ups", 0, ups),
    }


def _whole(released: Mapping[str, Tensor], part: str, ours: str, *, has_head: bool) -> _Layout:
    """A whole network in one sequence: d + 1 convolutions, the blocks, d upsamplings, the head."""
    depth = max(0, (_num_convs(released, part) - 1) // 2)
    blocks = _num_blocks(released, part)
    encoder = _stem_and_downs(f"{ours}.encoder", depth)
    return encoder | _decoder(f"{ours}.decoder", 4 + 3 * depth, blocks, depth, has_head=has_head)


def _encoder(released: Mapping[str, Tensor], part: str, ours: str) -> _Layout:
    return _stem_and_downs(ours, max(0, _num_convs(released, part) - 1))


def _stem_and_downs(ours: str, depth: int) -> _Layout:
    stem: _Layout = {(1, None): f"{ours}.stem.conv", (2, None): f"{ours}.stem.norm"}
    return stem | _triples(f"{ours}.downs", 4, depth)


def _decoder(ours: str, first: int, blocks: int, ups: int, *, has_head: bool) -> _Layout:
    layout = _blocks(ours, first, blocks) | _triples(f"{ours}.ups", first + blocks, ups)
    if has_head:  # behind a padding
        layout[first + blocks + 3 * ups + 1, None] = "head.conv"
    return layout


def _blocks(ours: str, first: int, number: int) -> _Layout:
    return {
        (first + i, index): f"{ours}.blocks.{i}.{name}"
        for i in range(number)
        for index, name in _IN_BLOCK.items()
    }


def _triples(ours: str, first: int, number: int) -> _Layout:
    """Triples of convolution, norm and ReLU."""
    return {
        (first + 3 * i + kind, None): f"{ours}.{i}.{name}"
        for i in range(number)
        for kind, name in enumerate(("conv", "norm"))
    }


def _num_convs(released: Mapping[str, Tensor], part: str) -> int:
    """Count the convolutions of a part that are in no residual block."""
    key = re.compile(rf"{part}\.\d+\.weight")
    return sum(bool(key.fullmatch(name)) and w.dim() == 4 for name, w in released.items())


def _num_blocks(released: Mapping[str, Tensor], part: str) -> int:
    matches = (re.match(rf"{part}\.(\d+)\.conv_block\.", key) for key in released)
    return len({match[1] for match in matches if match})


def _rename(
    released: Mapping[str, Tensor], layouts: Mapping[str, _Layout], function: str, network: str
) -> dict[str, Tensor]:
    renamed = {}
    for key, weight in released.items():
        match = re.fullmatch(r"(\w+)\.(\d+)\.(?:conv_block\.(\d)\.)?(\w+)", key)
        layer = match and layouts.get(match[1], {}).get((int(match[2]), match[3]))
        if match is None or layer is None:
            raise ValueError(f"{function}: {key!r} is no key of a released single-image {network}")
        renamed[f"{layer}.{match[4]}"] = weight
    return renamed
