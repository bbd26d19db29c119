"""Saving and loading training states safely."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

_MAX_EXPANSION = 50  # tensors hardly compress: more than this is no checkpoint but a zip bomb


def save_checkpoint(path: str | os.PathLike[str], state: Mapping[str, Any]) -> None:
    """Write a checkpoint so that a crash leaves the old file or the new one, never half of one.

    Args:
        path: the file; its folder must exist.
        state: tensors, numbers, strings and dicts or lists of them, such as state dicts.

    Raises:
        OSError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "checkpoint.pt"
        >>> save_checkpoint(path, {"step": 3, "weights": {"w": torch.ones(2)}})
        >>> load_checkpoint(path)["step"]
        3
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            torch.save(dict(state), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def load_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote, onto the CPU and without running any code in the file.

    Args:
        path: the file.

    Returns:
        The saved mapping.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or no checkpoint.

    Example:
        >>> load_checkpoint("missing.pt")
        Traceback (most recent call last):
        FileNotFoundError: load_checkpoint: there is no file missing.pt
    """
    source = Path(path)
    if not source.is_file():
        raise FileNotFoundError(f"load_checkpoint: there is no file {source}")
    try:
        with zipfile.ZipFile(source) as archive:
            expanded = sum(entry.file_size for entry in archive.infolist())
            damaged = archive.testzip()
    except zipfile.BadZipFile as error:
        raise ValueError(f"load_checkpoint: {source} is damaged or no checkpoint") from error
    if damaged is not None or expanded > _MAX_EXPANSION * source.stat().st_size:
        raise ValueError(
            f"load_checkpoint: {source} is damaged"
            + (f" (checksum of {damaged})" if damaged else " (it expands too far)")
        )
    try:
        state: dict[str, Any] = torch.load(source, map_location="cpu", weights_only=True)
    except Exception as error:  # the unpickler raises many kinds
        raise ValueError(f"load_checkpoint: {source} holds more than tensors and numbers") from error
    return state
