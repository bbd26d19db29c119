"""Builds a network from its description, within bounds."""

from __future__ import annotations

import threading
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

import vidgan.models
from vidgan._weight_files import RefusedFileError
from vidgan.models._record import is_recorded

_SLACK = 100


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
