"""Streams read from folders laid out as <folder>/<sequence>/<frame>."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor

from vidgan._checks import check_at_least
from vidgan.data.streams import StreamKind
from vidgan.video.flow_files import FLOW_SUFFIXES, one_format, read_flow, read_flow_size
from vidgan.video.frames import list_sequences
from vidgan.video.images import image_size, read_frame, read_labels, read_mask, to_float


class _FolderStream:
    """The files <folder>/<sequence>/<frame>; the first ``missing`` frames may have none."""

    suffixes: tuple[str, ...] = (".png", ".jpg", ".jpeg")

    def __init__(self, folder: str | os.PathLike[str], *, missing: int = 0) -> None:
        check_at_least(type(self).__name__, 0, missing=missing)
        self.folder = Path(folder)
        self.missing = missing
        self.files = list_sequences(self.folder, self.suffixes)

    def sequences(self) -> dict[str, int]:
        """Return the number of frames of each sequence."""
        return {name: len(files) + self.missing for name, files in self.files.items()}

    def size(self, sequence: str) -> tuple[int, int] | None:
        """Read the size (H, W) of a sequence from its first file."""
        return image_size(self.files[sequence][0])

    def _file(self, sequence: str, index: int) -> Path | None:
        return self.files[sequence][index - self.missing] if index >= self.missing else None


class ImageStream(_FolderStream):
    """RGB frames from PNG or JPEG files: float32 (3, H, W) in [-1, 1].

    Args:
        folder: contains <sequence>/<frame>.png.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: the folder contains no sequence of such files.

    Example:
        >>> import tempfile
        >>> from vidgan.video import write_frames
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = write_frames(folder / "walk", torch.ones(2, 3, 4, 6))
        >>> stream = ImageStream(folder)
        >>> stream.sequences(), stream.load("walk", 1).shape
        ({'walk': 2}, torch.Size([3, 4, 6]))
    """

    kind: StreamKind = "image"

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        super().__init__(folder)

    def load(self, sequence: str, index: int) -> Tensor:
        """Load one frame, float32 (3, H, W) in [-1, 1]; errors as in `read_frame`."""
        return to_float(read_frame(self.files[sequence][index]))


class LabelStream(_FolderStream):
    """Class or instance ids from one-channel PNG files: int64 (1, H, W).

    Args:
        folder: contains <sequence>/<frame>.png, 8 or 16 bit, or palette images (their indices).

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: the folder contains no sequence of such files.

    Example:
        >>> import tempfile
        >>> from vidgan.video import write_frames
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = write_frames(folder / "walk", torch.full((2, 1, 4, 6), 7, dtype=torch.uint8))
        >>> LabelStream(folder).load("walk", 0).unique()
        tensor([7])
    """

    kind: StreamKind = "labels"
    suffixes = (".png",)

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        super().__init__(folder)

    def load(self, sequence: str, index: int) -> Tensor:
        """Load one label map, int64 (1, H, W); errors as in `read_labels`."""
        return read_labels(self.files[sequence][index])


class MaskStream(_FolderStream):
    """Masks or confidences from gray PNG or JPEG files: float32 (1, H, W) in [0, 1].

    Args:
        folder: contains <sequence>/<frame>.png.
        missing: how many frames at the start of each sequence have no file; they are all 0. A
            flow's confidence has none for the first frames, as in `FlowStream`.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: the folder contains no sequence of such files, or ``missing`` is negative.

    Example:
        >>> import tempfile
        >>> from vidgan.video import write_frames
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = write_frames(folder / "walk", torch.ones(2, 1, 4, 6))
        >>> stream = MaskStream(folder, missing=1)
        >>> [float(stream.load("walk", index).mean()) for index in range(3)]
        [0.0, 1.0, 1.0]
    """

    kind: StreamKind = "mask"

    def load(self, sequence: str, index: int) -> Tensor:
        """Load one mask, float32 (1, H, W) in [0, 1]; errors as in `read_mask`."""
        file = self._file(sequence, index)
        if file is None:
            return torch.zeros(1, *image_size(self.files[sequence][0]))
        return read_mask(file)


class FlowStream(_FolderStream):
    """Backward flows from files: float32 (2, H, W) in pixels, NaN where they are unknown.

    Args:
        folder: contains <sequence>/<frame>.flo, named after the frame that the flow belongs to, or
            .pfm, .npz, .npy or .png as in `vidgan.video.read_flow`. A sequence has one format, the
            first of these that occurs in it; other files beside them, such as pictures, are not
            read.
        missing: how many frames at the start of each sequence have no file, that is the distance
            in frames that the flow spans; they are all 0, so give them confidence 0 with
            `MaskStream` and the same ``missing``.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: the folder contains no sequence of such files, or ``missing`` is negative.

    Example:
        >>> import tempfile
        >>> from vidgan.video import write_flow
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "walk").mkdir()
        >>> write_flow(folder / "walk" / "00001.flo", torch.ones(2, 4, 6))
        >>> stream = FlowStream(folder, missing=1)
        >>> [float(stream.load("walk", index).mean()) for index in range(2)]
        [0.0, 1.0]
    """

    kind: StreamKind = "flow"
    suffixes = FLOW_SUFFIXES

    def __init__(self, folder: str | os.PathLike[str], *, missing: int = 1) -> None:
        super().__init__(folder, missing=missing)
        self.files = {name: one_format(files) for name, files in self.files.items()}

    def size(self, sequence: str) -> tuple[int, int] | None:
        """Read the size (H, W) of a sequence from its first file."""
        return read_flow_size(self.files[sequence][0])

    def load(self, sequence: str, index: int) -> Tensor:
        """Load one flow, float32 (2, H, W) in pixels; errors as in `read_flow`."""
        file = self._file(sequence, index)
        if file is None:
            return torch.zeros(2, *read_flow_size(self.files[sequence][0]))
        return read_flow(file)
