"""Which entries of a folder count: the one place that decides it."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path

# What operating systems, network drives and archivers leave in folders, besides names with a dot.
_SYSTEM_NAMES = {
    "$RECYCLE.BIN",
    "#recycle",
    "@eaDir",
    "@tmp",
    "System Volume Information",
    "Thumbs.db",
    "__MACOSX",
    "__pycache__",
    "desktop.ini",
    "lost+found",
}


def is_hidden(name: str) -> bool:
    """Return whether a file or folder of this name is none of the user's data.

    These are names with a dot in front (``.ipynb_checkpoints``, ``._00001.png``, ``.DS_Store``)
    and what systems leave behind (``__MACOSX``, ``@eaDir``, ``Thumbs.db``, ``desktop.ini``, ...).

    Args:
        name: the last part of a path.

    Example:
        >>> [is_hidden(name) for name in (".DS_Store", "__MACOSX", "walk", "00001.png")]
        [True, True, False, False]
    """
    return name.startswith(".") or name in _SYSTEM_NAMES


def natural_order(path: str | os.PathLike[str]) -> list[tuple[int, int, str]]:
    """Compute a key that sorts paths by their names, with numbers in them counted as numbers.

    Args:
        path: a file or folder, or its name.

    Example:
        >>> sorted(["10.png", "9.png", "b.png"], key=natural_order)
        ['9.png', '10.png', 'b.png']
    """
    parts = re.split(r"(\d+)", Path(path).name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def visible_entries(folder: str | os.PathLike[str]) -> list[Path]:
    """List the files and folders in a folder that are not hidden, in `natural_order`.

    Symbolic links count as what they lead to.

    Args:
        folder: an existing folder.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in (".DS_Store", "10.png", "9.png"):
        ...     (folder / name).touch()
        >>> [path.name for path in visible_entries(folder)]
        ['9.png', '10.png']
    """
    paths = [path for path in Path(folder).iterdir() if not is_hidden(path.name)]
    return sorted(sorted(paths), key=natural_order)  # 1.png and 01.png are in a fixed order too


def visible_folders(folder: str | os.PathLike[str]) -> list[Path]:
    """List the sub-folders of a folder that are not hidden, in `natural_order`.

    Args:
        folder: an existing folder.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in (".ipynb_checkpoints", "walk"):
        ...     (folder / name).mkdir()
        >>> [path.name for path in visible_folders(folder)]
        ['walk']
    """
    return [path for path in visible_entries(folder) if path.is_dir()]


def visible_files(
    folder: str | os.PathLike[str], suffixes: Collection[str], *, recursive: bool = False
) -> list[Path]:
    """List the files in a folder that end in one of ``suffixes`` and are not hidden.

    Args:
        folder: an existing folder.
        suffixes: lower-case endings such as ``".png"``; files may end in capitals.
        recursive: also list the files of all sub-folders that are not hidden, at any depth,
            through symbolic links too.

    Returns:
        The files in `natural_order`, those of a folder before those of its sub-folders.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "walk").mkdir()
        >>> for name in ("9.PNG", "10.png", "._9.png", "notes.txt", "walk/0.png"):
        ...     (folder / name).touch()
        >>> [path.name for path in visible_files(folder, (".png",))]
        ['9.PNG', '10.png']
        >>> [path.name for path in visible_files(folder, (".png",), recursive=True)]
        ['9.PNG', '10.png', '0.png']
    """
    return _files_below(Path(folder), suffixes, set(), recursive=recursive)


def _files_below(
    folder: Path, suffixes: Collection[str], above: set[Path], *, recursive: bool
) -> list[Path]:
    files, folders = [], []
    for path in visible_entries(folder):
        if recursive and path.is_dir():
            folders.append(path)
        elif path.suffix.lower() in suffixes and not path.is_dir():
            files.append(path)
    above = above | {folder.resolve()}  # a link may lead back to a folder above it
    for each in folders:
        if each.resolve() not in above:
            files += _files_below(each, suffixes, above, recursive=True)
    return files
