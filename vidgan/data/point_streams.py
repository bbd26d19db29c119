"""Streams of points from JSON files laid out as <folder>/<sequence>/<frame>."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vidgan.conditions import read_openpose, read_people, track_people
from vidgan.data.folder_streams import _FolderStream
from vidgan.data.streams import StreamKind
from vidgan.files import read_text

KEYPOINT_FOLDERS = ("openpose", "keypoints")


def read_points(path: str | os.PathLike[str]) -> Tensor | None:
    """Read the points of one frame from a JSON file: a list of [x, y] or of [x, y, confidence].

    Args:
        path: the file.

    Returns:
        float32 (N, 2) or (N, 3), x and y in pixels; None where nothing was found: the file is
        ``null`` or ``[]``, or the places of all points are null, NaN, or, of several points, all 0.
        Of three numbers, a point without confidence and without a place becomes (0, 0, 0).

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no such list, or a number is not finite.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "00000.json"
        >>> _ = file.write_text("[[1, 2, 0.9], [null, null, 0]]")
        >>> read_points(file)
        tensor([[1.0000, 2.0000, 0.9000],
                [0.0000, 0.0000, 0.0000]])
        >>> _ = file.write_text("null")
        >>> read_points(file) is None
        True
    """
    path = Path(path)
    text = read_text(path)
    try:
        rows = json.loads(text)
        if rows is None or (isinstance(rows, list) and is_nothing(rows)):
            return None
        points = torch.tensor([found_point(row) for row in rows], dtype=torch.float32)
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise ValueError(
            f"read_points: {path} must be a JSON list of [x, y] or [x, y, confidence], {error}"
        ) from error
    if points.dim() != 2 or points.shape[1] not in (2, 3) or not bool(points.isfinite().all()):
        raise ValueError(
            f"read_points: {path} must be a JSON list of finite [x, y] or [x, y, confidence], got "
            f"shape {tuple(points.shape)}"
        )
    return points


class PointStream(_FolderStream):
    """Points from JSON files, each a list of [x, y] or of [x, y, confidence], in pixels.

    Args:
        folder: contains <sequence>/<frame>.json.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: the folder contains no sequence of such files.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "walk").mkdir()
        >>> _ = (folder / "walk" / "00000.json").write_text("[[1, 2], [3.5, 4]]")
        >>> PointStream(folder).load("walk", 0)
        tensor([[1.0000, 2.0000],
                [3.5000, 4.0000]])
    """

    kind: StreamKind = "points"
    suffixes = (".json",)

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        super().__init__(folder)

    def size(self, sequence: str) -> tuple[int, int] | None:  # noqa: ARG002 -- as in ClipStream
        """Points have no size: None."""
        return None

    def load(self, sequence: str, index: int) -> Tensor:
        """Load the points of one frame, float32 (N, 2) or (N, 3), x then y in pixels.

        Raises:
            ValueError: the file is no list of finite points, or says that none was found.
        """
        file = self.files[sequence][index]
        try:
            points = read_points(file)
        except ValueError as error:
            text = str(error).replace("read_points", "PointStream", 1)
            raise ValueError(text.replace("read_text", "PointStream", 1)) from error
        if points is None:
            raise ValueError(
                f"PointStream: {file} must be a JSON list of [x, y], got no point; interpolate the "
                "points of such frames, or leave the frames out"
            )
        return points


class KeypointStream(_FolderStream):
    """Keypoints from OpenPose's JSON files: float32 (137, 3), x and y in pixels, and confidence.

    Args:
        folder: contains <sequence>/<frame>.json, as `vidgan.conditions.read_people` reads it. Of
            several people, the largest of the sequence is followed through its frames by
            `vidgan.conditions.track_people`, for which all files of a sequence are read at its
            first frame. In a prepared folder (with ``dataset.json``) there is one person.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: the folder contains no sequence of such files.

    Example:
        >>> import tempfile
        >>> from vidgan.conditions import write_openpose
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "walk").mkdir()
        >>> write_openpose(folder / "walk" / "00000.json", torch.ones(137, 3))
        >>> KeypointStream(folder).load("walk", 0).shape
        torch.Size([137, 3])
    """

    kind: StreamKind = "points"
    suffixes = (".json",)

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        super().__init__(folder)
        self._tracks: dict[str, Tensor] = {}

    def size(self, sequence: str) -> tuple[int, int] | None:  # noqa: ARG002 -- as in ClipStream
        """Points have no size: None."""
        return None

    def load(self, sequence: str, index: int) -> Tensor:
        """Load the keypoints of one frame, float32 (137, 3); errors as in `read_openpose`.

        They are 0 where the person that is followed was not found.
        """
        files = self.files[sequence]
        if (self.folder.parent / "dataset.json").exists():
            return read_openpose(files[index]).keypoints
        if sequence not in self._tracks:
            self._tracks[sequence] = track_people([read_people(file) for file in files]).keypoints
        return self._tracks[sequence][index]


def find_keypoints(path: str | os.PathLike[str]) -> Path | None:
    """Find the folder of OpenPose files in a data folder.

    A prepared folder has ``keypoints``. A raw one (without ``dataset.json``) has ``openpose``, the
    name in published data sets, or ``keypoints``.

    Args:
        path: the data folder.

    Returns:
        The folder, or None where there is none.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "openpose").mkdir()
        >>> find_keypoints(folder).name
        'openpose'
    """
    path = Path(path)
    names = KEYPOINT_FOLDERS[1:] if (path / "dataset.json").exists() else KEYPOINT_FOLDERS
    return next((path / name for name in names if (path / name).is_dir()), None)


def is_nothing(rows: list[Any]) -> bool:
    """Return whether no point of a file has a place."""
    places = [row[:2] if isinstance(row, list) and len(row) >= 2 else row for row in rows]
    if all(place is None or (isinstance(place, list) and _is_lost(place)) for place in places):
        return True
    return len(places) > 1 and all(place == [0, 0] for place in places)


def _is_lost(place: list[Any]) -> bool:
    return all(n is None or (isinstance(n, float) and math.isnan(n)) for n in place)


def found_point(row: Any) -> Any:
    """Return [x, y] or [x, y, confidence] as it is, but for one that was not found: 0, 0, 0."""
    lost = isinstance(row, list) and len(row) == 3 and not row[2] and _is_lost(row[:2])
    return [0.0, 0.0, 0.0] if lost else row
