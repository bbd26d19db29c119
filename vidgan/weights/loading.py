"""Builds a network from its folder."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vidgan._weight_files import RefusedFileError, read_safetensors, tensor_shapes
from vidgan._weight_files.report import compare, describe
from vidgan.weights.building import build, build_meta
from vidgan.weights.description import DESCRIPTION, WEIGHTS, check_sums, read_description

_SLACK = 100_000_000  # bytes


def load_model(folder: str | os.PathLike[str], *, strict: bool = True) -> nn.Module:
    """Build the network that `save_model` wrote, with its weights.

    Nothing in the folder is run, and nothing is built before the checksums agree and the names and
    shapes of the weights are those of the network: see the page on weights and their safety.

    Args:
        folder: what `save_model` wrote.
        strict: refuse weights unless all names and shapes agree. Otherwise those that fit are
            loaded, the rest is as the builder initializes it, and a warning lists the differences.

    Returns:
        The network, on the CPU, in eval mode, with the dtypes that were saved.

    Raises:
        FileNotFoundError: there is no such folder, or a file of it is missing.
        ValueError: a file is damaged or from another network, or the weights do not fit; the text
            names the file and lists the missing, unexpected and differently shaped weights.

    Example:
        >>> import tempfile
        >>> from vidgan.models import instance_encoder
        >>> from vidgan.weights import save_model
        >>> folder = Path(tempfile.mkdtemp()) / "encoder"
        >>> save_model(instance_encoder(base_channels=4, num_downsamplings=1), folder)
        >>> load_model(folder).feature_channels
        3
    """
    path = Path(folder)
    if not path.is_dir():
        raise FileNotFoundError(f"load_model: there is no folder {path}")
    try:
        check_sums(path)
        builder, arguments = read_description(path / DESCRIPTION)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"load_model: {error}") from error
    except RefusedFileError as error:
        raise ValueError(f"load_model: {error}") from error
    try:
        return _load(path, builder, arguments, strict=strict)
    except RefusedFileError as error:
        raise ValueError(f"load_model: {path / WEIGHTS} is refused: {error}") from error


def _load(path: Path, builder: str, arguments: dict[str, Any], *, strict: bool) -> nn.Module:
    shapes, _ = tensor_shapes(path / WEIGHTS)
    # the names and shapes are compared before the network takes any memory
    wanted = build_meta(builder, arguments, len(shapes), DESCRIPTION).state_dict()
    difference = compare(shapes, wanted)
    if any(difference):
        text = f"it does not fit {builder}: {describe(difference, shapes, wanted)}"
        if strict:
            raise RefusedFileError(text)
        if _num_bytes(wanted) > 2 * (path / WEIGHTS).stat().st_size + _SLACK:
            raise RefusedFileError(f"{builder} with these arguments is far larger than the file")
        warnings.warn(f"load_model: {path / WEIGHTS}: {text}", stacklevel=3)
    state, _ = read_safetensors(path / WEIGHTS)
    with torch.device("cpu"):
        model = build(builder, arguments)
    fitting = {n: v for n, v in state.items() if n in wanted and n not in difference.other_shape}
    model.load_state_dict(fitting, strict=strict, assign=True)
    return model.eval()


def _num_bytes(state: dict[str, Tensor]) -> int:
    return sum(value.numel() * value.element_size() for value in state.values())
