"""Joins prepared data folders of one task into one folder."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from vidgan._checks import check_at_least
from vidgan.data.data_folder import DataFolder, open_data_folder
from vidgan.files import atomic_folder, visible_folders

# What a training depends on; the same in all folders.
_SAME = ("task", "size", "annotations", "classes", "foreground", "ignore", "instances")
_BY_STRIDE = ("flow", "confidence")
_MARK = "dataset.json"


def join_data_folders(
    folders: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    command: str | None = None,
) -> DataFolder:
    """Copy the sequences of several prepared folders into one.

    A sequence whose name is taken already gets a number (``walk``, ``walk_2``). Flow is copied for
    the strides that all folders have. Entries of ``dataset.json`` that differ are left out, except
    ``fps``, which is that of the first folder; each sequence lists its ``source_folder`` and, where
    it differs, its own ``fps``.

    Args:
        folders: two prepared folders or more, of one task, frame size and list of classes.
        out: the folder to write; parents are made where missing.
        overwrite: replace ``out`` if it is a prepared folder or empty.
        command: name of a command whose user reads the messages about ``out``, as in
            `vidgan.files.atomic_folder`.

    Returns:
        The joined folder.

    Raises:
        FileExistsError: ``out`` exists and is not to be replaced.
        ValueError: a folder is not prepared, or differs from the first in what a training depends
            on.

    Example:
        >>> import tempfile, torch
        >>> from vidgan.video import write_frames
        >>> root = Path(tempfile.mkdtemp())
        >>> for name in "ab":
        ...     _ = write_frames(root / name / "images" / "walk", torch.zeros(3, 3, 4, 6))
        ...     facts = {"task": "walks", "fps": 25, "size": [4, 6], "strides": []}
        ...     facts["sequences"] = {"walk": {"frames": 3}}
        ...     _ = (root / name / "dataset.json").write_text(json.dumps(facts))
        >>> join_data_folders([root / "a", root / "b"], root / "both").sequences
        {'walk': 3, 'walk_2': 3}
    """
    check_at_least("join_data_folders", 2, folders=len(folders))
    opened = [open_data_folder(folder) for folder in folders]
    for data in opened[1:]:
        _check_same(opened[0], data)
    strides = [
        stride
        for stride in opened[0].facts.get("strides", [])
        if all(stride in data.facts.get("strides", []) for data in opened)
    ]
    sequences: dict[str, dict[str, Any]] = {}
    with atomic_folder(out, mark=_MARK, overwrite=overwrite, command=command) as folder:
        for data in opened:
            for name in data.sequences:
                free = _free_name(name, sequences)
                sequences[free] = _facts_of(data, name, opened[0])
                for source, target in _folders_of(data.path, name, free, strides):
                    shutil.copytree(source, folder / target)
        sheet = opened[0].path / "contact_sheet.png"
        if sheet.is_file():
            shutil.copy(sheet, folder / sheet.name)
        shared = {
            key: value
            for key, value in opened[0].facts.items()
            if all(key in data.facts and data.facts[key] == value for data in opened)
        }
        facts = {**shared, "fps": opened[0].fps, "strides": strides, "sequences": sequences}
        (folder / _MARK).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return open_data_folder(out)


def _check_same(first: DataFolder, other: DataFolder) -> None:
    """Raise ValueError unless two folders agree in what a training depends on."""
    for key in _SAME:
        ours, theirs = first.facts.get(key), other.facts.get(key)
        if ours != theirs:
            raise ValueError(
                f"join_data_folders: all folders must have the same {key}, got {_short(ours)} in "
                f"{first.path} and {_short(theirs)} in {other.path}; prepare them alike"
            )


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _free_name(name: str, taken: dict[str, dict[str, Any]]) -> str:
    free, number = name, 2
    while free.casefold() in {other.casefold() for other in taken}:
        free, number = f"{name}_{number}", number + 1
    return free


def _facts_of(data: DataFolder, name: str, first: DataFolder) -> dict[str, Any]:
    facts = {**data.facts["sequences"][name], "source_folder": data.path.resolve().name}
    return facts if data.fps == first.fps else {**facts, "fps": data.fps}


def _folders_of(
    root: Path, name: str, new: str, strides: Sequence[int]
) -> Iterator[tuple[Path, Path]]:
    """Yield the folders of a sequence, and where each belongs in the joined folder."""
    kinds = [kind for kind in visible_folders(root) if kind.name not in _BY_STRIDE]
    kinds += [root / kind / f"stride{stride}" for kind in _BY_STRIDE for stride in strides]
    for kind in kinds:
        if (kind / name).is_dir():
            yield kind / name, kind.relative_to(root) / new
