"""Streams of points from files laid out as <folder>/<sequence>/<frame>."""

from __future__ import annotations

import os
from pathlib import Path

from torch import Tensor

from vidgan.conditions import read_openpose, read_people, track_people
from vidgan.data.folder_streams import _FolderStream
from vidgan.data.point_files import POINT_SUFFIXES, read_point_array, read_points
from vidgan.data.streams import StreamKind
from vidgan.files import visible_files

KEYPOINT_FOLDERS = ("openpose", "keypoints")


class PointStream(_FolderStream):
    """Points from files, each a list of [x, y] or of [x, y, confidence], in pixels.

    Args:
        folder: contains <sequence>/<frame>.json, or .txt, .pts or .npy as in `read_points`; or
            <sequence>.npy, one array (T, N, 2) or (T, N, 3) per sequence.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: the folder contains no sequence of such files, or an array is damaged.

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
    suffixes = POINT_SUFFIXES

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        folder = Path(folder)
        arrays = visible_files(folder, (".npy",)) if folder.is_dir() else []
        self._arrays = {file.stem: read_point_array(file) for file in arrays}
        if not self._arrays:
            super().__init__(folder)
            return
        self.folder, self.missing = folder, 0
        self.files = {file.stem: [file] * len(self._arrays[file.stem]) for file in arrays}

    def size(self, sequence: str) -> tuple[int, int] | None:  # noqa: ARG002 -- as in ClipStream
        """Points have no size: None."""
        return None

    def find(self, sequence: str, index: int) -> Tensor | None:
        """Load the points of one frame as `load` does, or None where nothing was found."""
        if sequence in self._arrays:
            return self._arrays[sequence][index]
        try:
            return read_points(self.files[sequence][index])
        except ValueError as error:
            raise ValueError(str(error).replace("read_points", "PointStream", 1)) from error

    def load(self, sequence: str, index: int) -> Tensor:
        """Load the points of one frame, float32 (N, 2) or (N, 3), x then y in pixels.

        Raises:
            ValueError: the file is no list of finite points, or says that none was found.
        """
        points = self.find(sequence, index)
        if points is None:
            file = self.files[sequence][index]
            where = f", frame {index}" if sequence in self._arrays else ""
            raise ValueError(
                f"PointStream: {file}{where} must be a JSON list of [x, y], got no point; "
                "interpolate the points of such frames, or leave the frames out"
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
        >>> import tempfile, torch
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
