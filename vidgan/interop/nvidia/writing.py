"""Writes networks in the layout of the released ones."""

from __future__ import annotations

import re

from torch import Tensor, nn

from vidgan.discriminators import MultiscaleDiscriminator
from vidgan.generators import (
    CoarseToFineGenerator,
    CompositeGenerator,
    FlowBranch,
    FlowHead,
    ForegroundComposite,
    InstanceEncoder,
    SingleImageGenerator,
    UnshuffleEncoder,
)
from vidgan.interop.nvidia.layouts import (
    Layout,
    discriminator_layouts,
    encoder_layouts,
    generator_layouts,
    image_generator_layouts,
    rename,
)
from vidgan.layers import InstanceNorm

_NAME = "to_state_dicts"
_WITHOUT = "is not in the released networks"
_NORM_NAME = re.compile(r"\.(norm[12]?|layers\.[1-9]\d*\.1)$")


def to_state_dicts(model: nn.Module) -> list[dict[str, Tensor]]:
    """Return the weights of a network under the names of the released ones.

    Args:
        model: a `CompositeGenerator`, `CoarseToFineGenerator`, `MultiscaleDiscriminator`,
            `SingleImageGenerator` or `InstanceEncoder`, with transposed convolutions, and batch
            norms or instance norms.

    Returns:
        A state dict per file: one per scale of a frame generator, coarsest first; a single one
        otherwise. The tensors are copies, in the dtype and on the device of the model's.

    Raises:
        TypeError: the model is none of these.
        ValueError: it has a layer that the released networks do not have.

    Example:
        >>> from vidgan.models import instance_encoder
        >>> (released,) = to_state_dicts(instance_encoder(base_channels=8, num_downsamplings=1))
        >>> list(released)[:2]
        ['model.1.weight', 'model.1.bias']
    """
    _check_layers(model)
    state = {key: value.detach().clone() for key, value in model.state_dict().items()}
    written = [rename(state, layout) for layout in _layouts(model)]
    if sum(map(len, written)) < len(state):
        placed = {module for layout in _layouts(model) for module in layout}
        left = next(key for key in state if key.rpartition(".")[0] not in placed)
        raise ValueError(f"{_NAME}: {left} {_WITHOUT}")
    return written


def _layouts(model: nn.Module) -> list[Layout]:
    if isinstance(model, CompositeGenerator | CoarseToFineGenerator):
        return generator_layouts(model)
    if isinstance(model, MultiscaleDiscriminator):
        return discriminator_layouts(model)
    if isinstance(model, SingleImageGenerator):
        return image_generator_layouts(model)
    if isinstance(model, InstanceEncoder):
        return encoder_layouts(model)
    raise TypeError(
        f"{_NAME}: model must be a frame generator, a multi-scale discriminator, a single-image "
        f"generator or an instance encoder, got a {type(model).__name__}"
    )


def _check_layers(model: nn.Module) -> None:
    """Refuse layers without weights, or whose weights would look like those of another network."""
    for name, layer in model.named_modules():
        if isinstance(layer, UnshuffleEncoder):
            raise ValueError(  # noqa: TRY004 - a layer of another layout, like the others
                f"{_NAME}: {name}, the UnshuffleEncoder of a fast_generator, {_WITHOUT}; use "
                "vidgan.save_model"
            )
        known = isinstance(layer, nn.BatchNorm2d | nn.InstanceNorm2d | InstanceNorm)
        scale = int(name.split(".")[1]) if name.startswith("generators.") else 0
        if (
            isinstance(layer, nn.Upsample)
            or (_NORM_NAME.search(name) and not known)
            or (isinstance(layer, ForegroundComposite) and layer.form != "released")
            or (isinstance(layer, FlowBranch) and layer.flow_head is None)
            or (isinstance(layer, FlowHead) and layer.flow_scale != 20 * 2**scale)
        ):
            raise ValueError(f"{_NAME}: {name}, a {layer}, {_WITHOUT}")
