"""The prepared data folder that all recipes share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from vidgan.files import read_json


class DataFolder(NamedTuple):
    """What ``dataset.json`` of a prepared folder says.

    Attributes:
        path: the folder.
        task: name of the task that it was prepared for.
        fps: frames per second.
        size: (H, W) of all frames.
        sequences: name -> number of frames.
        facts: all of ``dataset.json``, with what is the task's own.

    Example:
        >>> import json, tempfile
        >>> folder, sequences = Path(tempfile.mkdtemp()), {"anna": {"frames": 90}}
        >>> facts = {"task": "faces", "fps": 25, "size": [48, 64], "sequences": sequences}
        >>> _ = (folder / "dataset.json").write_text(json.dumps(facts))
        >>> data = open_data_folder(folder)
        >>> data.fps, data.sequences
        (25.0, {'anna': 90})
    """

    path: Path
    task: str
    fps: float
    size: tuple[int, int]
    sequences: dict[str, int]
    facts: dict[str, Any]


def open_data_folder(path: str | os.PathLike[str]) -> DataFolder:
    """Read the description of a prepared folder.

    The layout is one for all tasks: ``dataset.json``, and ``<kind>/<sequence>/<frame>`` for the
    kinds ``images``, ``labels``, ``instances``, ``landmarks``, ``keypoints``, ``densepose``,
    ``flow/stride<n>`` and ``confidence/stride<n>``.

    Args:
        path: the folder.

    Raises:
        ValueError: the folder has no ``dataset.json``, or it is damaged.

    Example:
        >>> import json, tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> facts = {"task": "faces", "fps": 25, "size": [48, 64], "sequences": {}}
        >>> _ = (folder / "dataset.json").write_text(json.dumps(facts))
        >>> open_data_folder(folder).size
        (48, 64)
    """
    path = Path(path)
    description = path / "dataset.json"
    if not description.exists():
        raise ValueError(f"{path} is no prepared data folder: it has no dataset.json; run prepare")
    try:
        facts: dict[str, Any] = read_json(description, function="open_data_folder")
        sequences = {name: _whole(each["frames"]) for name, each in facts["sequences"].items()}
        height, width = map(_whole, _list(facts["size"]))
        return DataFolder(
            path, str(facts["task"]), _rate(facts["fps"]), (height, width), sequences, facts
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{description} is damaged ({type(error).__name__}: {error}); run prepare again"
        ) from error


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"sizes and counts must be whole numbers, got {value!r:.40}")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"the size must be a list [H, W], got {value!r:.40}")
    return value


def _rate(value: Any) -> float:
    if type(value) not in (int, float):
        raise TypeError(f"fps must be a number, got {value!r:.40}")
    return float(value)
