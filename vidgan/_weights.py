"""Weight files of frozen networks: downloading, reading, and loading them strictly."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import ZIP_STORED, BadZipFile, ZipFile, is_zipfile

import torch
from torch import Tensor, nn

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

    Only tensors and plain containers are unpickled (``weights_only=True``).

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if the file does not contain a state dict.
    """
    file = Path(path)
    if not file.is_file():
        raise FileNotFoundError(f"{function}: weights file {file} does not exist")
    _refuse_compressed(file, function)
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # a damaged file makes the unpickler raise nearly anything
        raise ValueError(f"{function}: {file} cannot be read as torch weights") from error
    if not isinstance(state, Mapping) or not all(isinstance(v, Tensor) for v in state.values()):
        raise ValueError(f"{function}: {file} must hold a state dict (names to tensors)")
    return dict(state)


def download_state(weights: Any, function: str) -> dict[str, Tensor]:
    """Download torchvision weights, or take them from torch's cache.

    Args:
        weights: a member of a torchvision weights enum, such as ``VGG19_Weights.DEFAULT``.
        function: name of the caller, for the message.

    Raises:
        ConnectionError: if the download fails; the text names the address and the file option.
    """
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
    try:
        module.load_state_dict(dict(state), strict=True)
    except RuntimeError as error:
        raise ValueError(
            f"{function}: {source} holds another network's weights: {error}"
        ) from error


def _refuse_compressed(file: Path, function: str) -> None:
    # torch.save never compresses, and a compressed entry of 1 MB may unpack to fill the memory.
    if not is_zipfile(file):
        return  # the format before torch 1.6, or no weights at all
    try:
        with ZipFile(file) as archive:
            packed = [e.filename for e in archive.infolist() if e.compress_type != ZIP_STORED]
    except BadZipFile as error:
        raise ValueError(f"{function}: {file} cannot be read as torch weights") from error
    if packed:
        raise ValueError(
            f"{function}: {file} has compressed entries ({packed[0]}), which torch.save never "
            "writes; refusing to unpack it"
        )
