"""Weight files of frozen networks: downloading, reading, and loading them strictly."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from vidgan._weight_files import CodeInFileError, RefusedFileError, check_known, read_weights
from vidgan._weight_files.report import compare, describe
from vidgan.files import existing_file

Weights: TypeAlias = str | Path | Enum | None
"""Weights of a network of torchvision: "default", a file, a member of its enum, or none."""


def fetch_state(weights: Weights, default: Any, function: str) -> dict[str, Tensor]:
    """Read or download the weights of a network of torchvision.

    Args:
        weights: ``"default"``, the path of a file, or a member of the network's weights enum.
        default: the member that ``"default"`` stands for.
        function: name of the caller, for messages.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if the file does not contain a state dict, or the enum is another network's.
        ConnectionError: if the download fails.
    """
    if weights == "default":
        return download_state(default, function)
    if not isinstance(weights, Enum):
        return read_state(str(weights), function)
    if type(weights) is not type(default):
        rule = f"a member of torchvision's {type(default).__name__}"
        raise ValueError(f"{function}: weights must be {rule}, a path or 'default', got {weights}")
    _refuse_other_normalization(weights, default, function)
    return download_state(weights, function)


def refuse_enum(weights: object, function: str, instead: str) -> None:
    """Raise ValueError for weights of torchvision where the network is not one of theirs."""
    if isinstance(weights, Enum):
        raise ValueError(  # noqa: TRY004 - as for any other network's enum
            f"{function}: weights must be 'default', the path of a file of the stlpips-pytorch "
            f"wheel or None, got {weights}: its network has no blur pooling; {instead}"
        )


def _refuse_other_normalization(weights: Any, default: Any, function: str) -> None:
    def mean(member: Any) -> object:
        return getattr(member.transforms, "keywords", {}).get("mean")

    if mean(weights) != mean(default):
        raise ValueError(
            f"{function}: weights must expect images normalized as {default} does, got {weights}, "
            f"with the mean {mean(weights)}"
        )


def read_state(path: str | Path, function: str) -> dict[str, Tensor]:
    """Read a state dict on the CPU, with errors that name the file.

    It may be a file of ``torch.save``, also of before torch 1.6, or a safetensors file. All of it
    is checked before anything is built; files that vidgan knows are compared by SHA-256.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if the file does not contain a state dict.
    """
    file = existing_file(path, function)
    try:
        check_known(file)
        state = read_weights(file)
    except CodeInFileError as error:
        raise ValueError(
            f"{function}: {file} cannot be read as torch weights: it holds more than tensors and "
            f"dicts of them: {error}"
        ) from error
    except RefusedFileError as error:
        raise ValueError(f"{function}: {file} cannot be read as torch weights: {error}") from error
    if not isinstance(state, Mapping) or not all(isinstance(v, Tensor) for v in state.values()):
        raise ValueError(f"{function}: {file} must hold a state dict (names to tensors)")
    return dict(state)


def download_state(weights: Any, function: str) -> dict[str, Tensor]:
    """Download torchvision weights, or take them from torch's cache.

    A cached file is read as any other; torchvision compares a downloaded one with its checksum.

    Args:
        weights: a member of a torchvision weights enum, such as ``VGG19_Weights.DEFAULT``.
        function: name of the caller, for the message.

    Raises:
        ConnectionError: if the download fails; the text names the address and the file option.
    """
    cached = Path(torch.hub.get_dir()) / "checkpoints" / str(weights.url).rpartition("/")[2]
    if cached.is_file():
        return read_state(cached, function)
    try:
        state = weights.get_state_dict(
            progress=False, check_hash=True, map_location="cpu", weights_only=True
        )
    except OSError as error:  # URLError, time-outs, a full disk
        raise ConnectionError(
            f"{function}: cannot download {weights.url} ({error}); fetch that file on a machine "
            f"with internet access and pass its path: {function}(weights='path/to/file.pth')"
        ) from error
    return dict(state)


def load_strictly(
    module: nn.Module, state: Mapping[str, Tensor], source: object, function: str
) -> None:
    """Load ``state`` into ``module``; every name and shape must agree.

    Raises:
        ValueError: if a name is missing or unknown, or a shape differs; the text names ``source``.
    """
    wanted = module.state_dict()
    difference = compare(state, wanted)
    if any(difference):
        text = describe(difference, state, wanted)
        raise ValueError(f"{function}: {source} holds another network's weights: {text}")
    module.load_state_dict(dict(state), strict=True)
