"""Files of released networks to folders of vidgan, and back: what ``convert-weights`` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from vidgan._checks import check_choice
from vidgan._weights import read_state
from vidgan.files import atomic_folder
from vidgan.interop.nvidia.discriminators import load_discriminator
from vidgan.interop.nvidia.generators import load_generator
from vidgan.interop.nvidia.single_image import load_image_generator, load_instance_encoder
from vidgan.interop.nvidia.writing import to_state_dicts

_LOADERS = {
    "discriminator": load_discriminator,
    "image-generator": load_image_generator,
    "instance-encoder": load_instance_encoder,
}
KINDS = ("generator", *_LOADERS)


def load_released(files: Sequence[Path], kind: str | None = None) -> nn.Module:
    """Build a released network of any kind from its files.

    Args:
        files: of every scale, coarsest first, for a frame generator; else a single one.
        kind: one of ``KINDS``; None: what the names of the weights say.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a file is damaged, of no such network, or there are too many.
    """
    name = "convert-weights"
    states = [read_state(file, name) for file in files]
    kind = kind or _kind({key.removeprefix("module.") for key in states[0]})
    check_choice(kind, KINDS, name, "kind")
    if kind == "generator":
        return load_generator(states)
    if len(states) > 1:
        raise ValueError(f"{name}: a {kind} is one file, got {len(states)}")
    return _LOADERS[kind](states[0])


def write_released(model: nn.Module, folder: Path, *, overwrite: bool = False) -> list[str]:
    """Write a network as files of the released layout, and return their names.

    Raises:
        FileExistsError: the folder exists, and is not to be, or must not be, replaced.
        OSError: it cannot be written.
        TypeError, ValueError: as `to_state_dicts`.
    """
    states = to_state_dicts(model)
    names = [f"scale{i}.pth" for i in range(len(states))] if len(states) > 1 else ["network.pth"]
    command = "convert-weights"
    with atomic_folder(folder, mark=names[0], overwrite=overwrite, command=command) as temporary:
        for name, state in zip(names, states, strict=True):
            torch.save(state, temporary / name)
    return names


def _kind(keys: set[str]) -> str:
    """Return the kind of network that the names of weights belong to."""
    parts = {key.partition(".")[0] for key in keys}
    if "model_down_seg" in parts:
        return "generator"
    if any(part.startswith("scale0_layer") for part in parts):
        return "discriminator"
    has_blocks = any(".conv_block." in key for key in keys)
    return "instance-encoder" if parts == {"model"} and not has_blocks else "image-generator"
