"""Writes a network as a folder."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vidgan import __version__
from vidgan._weight_files import RefusedFileError, write_safetensors
from vidgan._weight_files.report import compare, describe
from vidgan.files import atomic_folder
from vidgan.models._record import BuilderCall, builder_call
from vidgan.weights.building import build_meta
from vidgan.weights.description import (
    DESCRIPTION,
    FORMAT,
    SUMS,
    WEIGHTS,
    check_argument,
    write_sums,
)


def save_model(
    model: nn.Module, folder: str | os.PathLike[str], *, overwrite: bool = False
) -> None:
    """Write a network as a folder from which `load_model` builds it again.

    The folder has the weights (``model.safetensors``), the builder with its arguments and the
    versions of what wrote it (``config.json``), and the checksums of both (``SHA256SUMS``, which
    ``sha256sum -c SHA256SUMS`` compares too). It appears whole, or not at all.

    Args:
        model: what a builder of ``vidgan.models`` made, in any dtype and on any device; also inside
            of `vidgan.training.AveragedModel`, ``DistributedDataParallel`` or ``torch.compile``.
        folder: the folder to make; parents are made where missing.
        overwrite: replace a network that was saved there before.

    Raises:
        ValueError: no builder made the model, it was changed since, or an argument of the builder
            is an object, such as a norm that is given as a callable.
        FileExistsError: the folder exists, and is not to be, or must not be, replaced.
        OSError: the folder cannot be written.

    Example:
        >>> import tempfile
        >>> from vidgan.models import instance_encoder
        >>> folder = Path(tempfile.mkdtemp()) / "encoder"
        >>> save_model(instance_encoder(base_channels=4, num_downsamplings=1), folder)
        >>> sorted(file.name for file in folder.iterdir())
        ['SHA256SUMS', 'config.json', 'model.safetensors']
    """
    call, state = describe_model(model, "save_model")
    with atomic_folder(folder, mark=SUMS, overwrite=overwrite, function="save_model") as new:
        write_model(new, call, state)


def describe_model(model: nn.Module, function: str) -> tuple[BuilderCall, dict[str, Tensor]]:
    """Return the call that built a network, and its weights.

    Raises:
        ValueError: as in `save_model`.
    """
    inner, call = _unwrap(model)
    if call is None:
        raise ValueError(
            f"{function}: model must be made by a builder of vidgan.models, such as "
            f"composite_generator, got a {type(model).__name__} that none of them made"
        )
    try:
        for name, value in call.arguments.items():
            check_argument(name, value, f"{function}: {call.builder}")
    except RefusedFileError as error:
        raise ValueError(str(error)) from error
    state = {name: value.detach() for name, value in inner.state_dict().items()}
    fresh = build_meta(call.builder, call.arguments, len(state), function)
    difference = compare(state, fresh.state_dict())
    if any(difference) or _parts(inner) != _parts(fresh):
        what = describe(difference, state, fresh.state_dict()) or "its parts are others"
        raise ValueError(
            f"{function}: model is no longer what {call.builder} made, and could not be loaded "
            f"again: {what}"
        )
    return call, state


def write_model(folder: Path, call: BuilderCall, state: dict[str, Tensor]) -> None:
    """Write the three files of a network, the checksums last."""
    tensors = {
        name: value.cpu().clone(memory_format=torch.contiguous_format)
        for name, value in state.items()
    }
    write_safetensors(folder / WEIGHTS, tensors, {"format": "pt"})
    description = {
        "format": FORMAT,
        "builder": call.builder,
        "arguments": call.arguments,
        "versions": {
            "vidgan": __version__,
            "torch": torch.__version__,
            "safetensors": version("safetensors"),
            "python": platform.python_version(),
        },
    }
    text = json.dumps(description, indent=2, allow_nan=False) + "\n"
    (folder / DESCRIPTION).write_text(text, encoding="utf-8")
    write_sums(folder)


def _unwrap(model: nn.Module) -> tuple[nn.Module, BuilderCall | None]:
    """Return the network inside of wrappers, and the call that built it."""
    inner: Any = model
    while isinstance(inner, nn.Module):
        # torch.compile passes attributes on to what it wraps
        wrapped = inner._modules.get("_orig_mod") or inner._modules.get("module")  # noqa: SLF001
        call = builder_call(inner)
        if call is not None or wrapped is None:
            return inner, call
        inner = wrapped
    return model, None


def _parts(model: nn.Module) -> dict[str, str]:
    # a batch norm that was made synchronous for training computes the same function
    names = ((name, type(part).__name__) for name, part in model.named_modules())
    return {name: "BatchNorm" if "BatchNorm" in kind else kind for name, kind in names}
