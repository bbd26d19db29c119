"""Checks of the paths to read and write."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def existing_folder(path: str | os.PathLike[str], function: str) -> Path:
    """Return the path of a folder, or raise FileNotFoundError."""
    path = Path(path)
    if not path.is_dir():
        raise FileNotFoundError(f"{function}: no such folder: {path}")
    return path


def suffix_of(path: str | os.PathLike[str], suffixes: Iterable[str], function: str) -> str:
    """Return the suffix of a file to write, in small letters, or raise ValueError."""
    name, suffix = Path(path).name, Path(path).suffix.lower()
    if suffix not in suffixes:
        raise ValueError(f"{function}: path must end in {', '.join(suffixes)}, got {name!r}")
    return suffix
