"""Saving and loading training states safely."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from typing import Any

import torch

from vidgan._weight_files import (
    CodeInFileError,
    RefusedFileError,
    check_torch_archive,
    read_torch_archive,
)
from vidgan.files import atomic_file, existing_file

__all__ = ["load_checkpoint", "save_checkpoint"]


def save_checkpoint(path: str | os.PathLike[str], state: Mapping[str, Any]) -> None:
    """Write a checkpoint so that a crash leaves the old file or the new one, never half of one.

    Args:
        path: the file; its folder must exist.
        state: tensors, numbers, strings and dicts or lists of them, such as state dicts.

    Raises:
        OSError: the file cannot be written: there is no such folder, it is read-only, or the disk
            is full. The old file is then as before.
        TypeError: state contains something else, which `load_checkpoint` would refuse.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "checkpoint.pt"
        >>> save_checkpoint(path, {"step": 3, "weights": {"w": torch.ones(2)}})
        >>> load_checkpoint(path)["step"]
        3
    """
    with atomic_file(path, function="save_checkpoint", durable=True) as temporary:
        try:
            with temporary.open("wb") as file:
                torch.save(dict(state), file)
            # refuse now what would be refused when it is needed
            check_torch_archive(temporary, checksums=False)
        except (pickle.PickleError, AttributeError, TypeError, RefusedFileError) as error:
            raise TypeError(
                "save_checkpoint: state must hold tensors, numbers, strings and dicts or lists of "
                f"them alone, or load_checkpoint could not read it; {_refused(error)}"
            ) from error
        except (RuntimeError, OSError) as error:  # torch's writer hides what the system said
            cause = error if isinstance(error, OSError) else error.__context__
            reason = cause.strerror if isinstance(cause, OSError) else str(error).partition("\n")[0]
            raise OSError(
                f"save_checkpoint: cannot write {path} ({reason}); free some space, or choose a "
                "folder on another disk"
            ) from error


def load_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote, onto the CPU and without running any code in the file.

    Args:
        path: the file.

    Returns:
        The saved mapping.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or no checkpoint, or contains objects that could run code:
            every byte of it is checked before anything is built.

    Example:
        >>> load_checkpoint("missing.pt")
        Traceback (most recent call last):
        FileNotFoundError: load_checkpoint: no such file: missing.pt
    """
    source = existing_file(path, "load_checkpoint")
    try:
        state = read_torch_archive(source)
    except CodeInFileError as error:
        raise ValueError(
            f"load_checkpoint: {source} is not read, since it holds more than tensors, numbers, "
            f"strings and dicts or lists of them: {error}"
        ) from error
    except RefusedFileError as error:
        raise ValueError(
            f"load_checkpoint: {source} is damaged or no checkpoint: {error}"
        ) from error
    if not isinstance(state, dict):
        raise ValueError(  # noqa: TRY004  the file is wrong, not the type of an argument
            f"load_checkpoint: {source} must hold a dict, but it holds a {type(state).__name__}"
        )
    return state


def _refused(error: Exception) -> str:
    """Return what a pickler or the reader refuses, the first line alone."""
    text = str(error).partition("\n")[0]
    is_known = isinstance(error, RefusedFileError) and not isinstance(error, CodeInFileError)
    return text if is_known else f"it has {text}"
