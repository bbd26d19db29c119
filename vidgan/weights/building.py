"""Builds a network from its description, within bounds."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

import vidgan.models
from vidgan._weight_files import RefusedFileError
from vidgan.models._record import is_recorded
from vidgan.weights.description import DESCRIPTION, check_argument, check_sums, read_description

_SLACK = 100
_MOST_WEIGHTS = 100_000  # tensors of a network that is built from its arguments alone


def build(builder: str, arguments: dict[str, Any]) -> nn.Module:
    """Call a builder of `vidgan.models`, and leave the random generator as it was.

    Raises:
        RefusedFileError: there is no such builder, or it does not take the arguments.
    """
    function = getattr(vidgan.models, builder, None) if builder in vidgan.models.__all__ else None
    if not is_recorded(function) or function is None:
        raise RefusedFileError(f"vidgan.models has no builder {builder[:100]!r}")
    values = {n: tuple(v) if isinstance(v, list) else v for n, v in arguments.items()}
    try:
        with torch.random.fork_rng(devices=[]):
            module: nn.Module = function(**values)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        if isinstance(error, RefusedFileError):
            raise
        reason = str(error).partition("\n")[0][:300]
        raise RefusedFileError(f"{builder} does not take its arguments ({reason})") from error
    return module


def build_meta(
    builder: str, arguments: dict[str, Any], num_weights: int, function: str
) -> nn.Module:
    """Build a network on the meta device, where it takes no memory and no time.

    Args:
        builder: its name in `vidgan.models`.
        arguments: its arguments by name.
        num_weights: tensors that there are; a network of far more is not built to its end.
        function: name of the caller, the first word of the message.

    Raises:
        RefusedFileError: as in `build`, or it has far more weights.
    """
    here, number = threading.get_ident(), 0

    def count(*_: object) -> None:
        nonlocal number
        number += threading.get_ident() == here  # other threads may build networks of their own
        if number > 3 * num_weights + _SLACK:
            raise RefusedFileError(
                f"{function}: {builder} with these arguments has far more than the {num_weights} "
                "weights that are there"
            )

    hook = register_module_parameter_registration_hook(count)
    try:
        with torch.device("meta"):
            return build(builder, arguments)
    finally:
        hook.remove()


def meta_network(source: str, arguments: str | None, function: str) -> nn.Module:
    """Build the network of a folder, or of a builder and its arguments, on the meta device.

    Args:
        source: a folder that `save_model` wrote, or the name of a builder in `vidgan.models`.
        arguments: those of the builder, a JSON object; None for a folder, or for the defaults.
        function: name of the caller, the first word of the message.

    Raises:
        ValueError: there is no such builder, or it does not take the arguments, or the folder is
            damaged, or has arguments beside it.
        FileNotFoundError: a file of the folder is missing, or there is neither.
    """
    folder = Path(source)
    if folder.is_dir():
        if arguments is not None:
            raise ValueError(f"{function}: arguments are for a builder, got the folder {source}")
        check_sums(folder)
        builder, values = read_description(folder / DESCRIPTION)
        return build_meta(builder, values, _MOST_WEIGHTS, function)
    if source not in vidgan.models.__all__:
        names = ", ".join(vidgan.models.__all__)
        raise FileNotFoundError(f"{function}: {source} must be a folder, or one of {names}")
    return build_meta(source, _read_arguments(arguments, function), _MOST_WEIGHTS, function)


def _read_arguments(text: str | None, function: str) -> dict[str, Any]:
    try:
        values = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{function}: arguments must be a JSON object, got {text!r}") from error
    if not isinstance(values, dict):
        raise ValueError(f"{function}: arguments must be a JSON object, got {text!r}")  # noqa: TRY004
    for name, value in values.items():
        check_argument(name, value, function)
    return values
