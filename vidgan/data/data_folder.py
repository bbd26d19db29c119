"""The prepared data folder that all recipes share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from vidgan.files import read_text


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
        >>> import tempfile
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
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> facts = {"task": "faces", "fps": 25, "size": [48, 64], "sequences": {}}
        >>> _ = (folder / "dataset.json").write_text(json.dumps(facts))
        >>> open_data_folder(folder).size
        (48, 64)
    """
    path = Path(path)
    description = path / "dataset.json"
    if not description.is_file():
        raise ValueError(f"{path} is no prepared data folder: it has no dataset.json; run prepare")
    try:
        facts: dict[str, Any] = json.loads(read_text(description))
        sequences = {name: int(about["frames"]) for name, about in facts["sequences"].items()}
        height, width = (int(side) for side in facts["size"])
        fps = float(facts["fps"])
        return DataFolder(path, str(facts["task"]), fps, (height, width), sequences, facts)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(
            f"{description} is damaged ({type(error).__name__}: {error}); run prepare again"
        ) from error
