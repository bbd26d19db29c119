"""Streams of the annotations of this task: keypoints and DensePose maps."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from vidgan.conditions import read_openpose
from vidgan.data import StreamKind
from vidgan.video import image_size, list_sequences, read_frame


class KeypointStream:
    """Keypoints from OpenPose JSON files: float32 (137, 3), x and y in pixels, and confidence.

    Args:
        folder: contains <sequence>/<frame>.json; of several people in a file the largest is read.
    """

    kind: StreamKind = "points"

    def __init__(self, folder: Path) -> None:
        self.files = list_sequences(folder, (".json",))

    def sequences(self) -> dict[str, int]:
        return {name: len(files) for name, files in self.files.items()}

    def size(self, sequence: str) -> tuple[int, int] | None:  # noqa: ARG002 -- as in ClipStream
        return None

    def load(self, sequence: str, index: int) -> Tensor:
        return read_openpose(self.files[sequence][index]).keypoints


class DensePoseStream:
    """DensePose maps from PNG files: uint8 (3, H, W), the third channel a part index.

    They are of the kind "labels", since interpolated values are meaningless.

    Args:
        folder: contains <sequence>/<frame>.png.
    """

    kind: StreamKind = "labels"

    def __init__(self, folder: Path) -> None:
        self.files = list_sequences(folder, (".png",))

    def sequences(self) -> dict[str, int]:
        return {name: len(files) for name, files in self.files.items()}

    def size(self, sequence: str) -> tuple[int, int] | None:
        return image_size(self.files[sequence][0])

    def load(self, sequence: str, index: int) -> Tensor:
        return read_frame(self.files[sequence][index])


class KeypointTensor:
    """Keypoints of one sequence in memory; see `KeypointStream`.

    Args:
        name: name of the sequence.
        keypoints: (T, 137, 3).
    """

    kind: StreamKind = "points"

    def __init__(self, name: str, keypoints: Tensor) -> None:
        self.name = name
        self.keypoints = keypoints

    def sequences(self) -> dict[str, int]:
        return {self.name: len(self.keypoints)}

    def size(self, sequence: str) -> tuple[int, int] | None:  # noqa: ARG002 -- as in ClipStream
        return None

    def load(self, sequence: str, index: int) -> Tensor:  # noqa: ARG002
        return self.keypoints[index]
