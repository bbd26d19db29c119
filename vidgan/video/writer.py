"""Writing video files with PyAV."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

from torch import Tensor

from vidgan._checks import check_shapes
from vidgan.extras import import_extra
from vidgan.files import atomic_file
from vidgan.video._paths import suffix_of
from vidgan.video._pixels import frame_from_rgb
from vidgan.video.images import to_uint8

_CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}


class VideoWriter:
    """Writes frames into a video file: H.264 (MPEG-4 part 2 where x264 is missing), yuv420p.

    The file appears under its name only when the block ends without an error. yuv420p needs even
    sizes: an odd height or width gets its last row or column repeated once, so the file is one
    pixel larger there.

    Args:
        path: the file, ending in .mp4, .m4v, .mov or .mkv; its folder must exist.
        fps: frames per second, such as ``30000 / 1001``.

    Raises:
        ImportError: PyAV is missing (``pip install 'vidgan[video]'``).
        TypeError: a frame is neither uint8 nor floating-point.
        ValueError: the ending is unknown, fps is not positive, a frame is not (3, H, W), contains
            NaN or has another size than the first, or there was no frame at all.
        OSError: the folder does not exist or cannot be written to.

    Example:
        >>> import tempfile, torch
        >>> path = Path(tempfile.mkdtemp()) / "clip.mp4"
        >>> with VideoWriter(path, fps=25) as writer:
        ...     for value in (-1.0, 0.0, 1.0):
        ...         writer.write(torch.full((3, 16, 32), value))
        >>> from vidgan.video import read_video
        >>> read_video(path).frames[:, 0, 0, 0]
        tensor([  0, 128, 255], dtype=torch.uint8)
    """

    def __init__(self, path: str | os.PathLike[str], fps: float) -> None:
        self.path = Path(path)
        suffix_of(path, _CONTAINERS, "VideoWriter")
        if not (math.isfinite(fps) and fps > 0):
            raise ValueError(f"VideoWriter: fps must be positive and finite, got {fps}")
        self.rate = Fraction(fps).limit_denominator(1001)  # 29.97002997... becomes 30000/1001
        if self.rate <= 0:
            raise ValueError(f"VideoWriter: fps must be at least 1/1001, got {fps}")
        self._av = import_extra("av", "video")
        self._exits = ExitStack()
        self._container: Any = None
        self._stream: Any = None
        self._size: tuple[int, int] | None = None
        self._count = 0

    def __enter__(self) -> VideoWriter:
        temporary = self._exits.enter_context(atomic_file(self.path, function="VideoWriter"))
        try:
            container = _CONTAINERS[self.path.suffix.lower()]
            # faststart: the frame count comes first, so a file cut short can be told
            options = {} if container == "matroska" else {"movflags": "+faststart"}
            self._container = self._exits.enter_context(
                self._av.open(f"file:{temporary}", mode="w", format=container, options=options)
            )
        except BaseException:
            self._exits.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self._exits.__exit__(kind, error, traceback)
            return
        with self._exits:
            if self._stream is None:
                raise ValueError(f"VideoWriter: {self.path} must get at least one frame, got none")
            self._container.mux(self._stream.encode())

    def write(self, frame: Tensor) -> None:
        """Append one frame, (3, H, W), RGB: uint8, or floating-point in [-1, 1]."""
        if self._container is None:
            raise ValueError("VideoWriter: write must be called inside `with VideoWriter(...) as`")
        check_shapes("VideoWriter", frame=(frame, "any 3 H W"))
        size = (frame.shape[1], frame.shape[2])
        self._size = self._size or size
        if size != self._size:
            raise ValueError(
                f"VideoWriter: every frame must have the size (H, W) = {self._size} of the first, "
                f"got {size} in frame {self._count}"
            )
        image = frame_from_rgb(to_uint8(frame).cpu(), self._av)
        if self._stream is None:
            self._stream = self._add_stream(image)
        image.pts, image.time_base = self._count, 1 / self.rate
        self._container.mux(self._stream.encode(image))
        self._count += 1

    def _add_stream(self, image: Any) -> Any:
        x264 = "libx264" in self._av.codecs_available
        stream = self._container.add_stream("libx264" if x264 else "mpeg4", rate=self.rate)
        stream.width, stream.height = image.width, image.height
        stream.pix_fmt = "yuv420p"
        stream.codec_context.colorspace = image.colorspace
        stream.codec_context.color_range = image.color_range
        stream.codec_context.time_base = 1 / self.rate
        if x264:
            stream.options = {"crf": "17", "preset": "medium"}
        else:
            stream.codec_context.bit_rate = (
                2 * image.width * image.height * max(1, round(self.rate))
            )
        return stream


def write_video(path: str | os.PathLike[str], frames: Iterable[Tensor], fps: float) -> None:
    """Write frames into a video file; see `VideoWriter` for the format and the errors.

    Args:
        path: the file, ending in .mp4, .m4v, .mov or .mkv; its folder must exist.
        frames: (T, 3, H, W), or any iterable of (3, H, W); uint8, or floating-point in [-1, 1].
        fps: frames per second.

    Raises:
        ImportError, TypeError, ValueError, OSError: as in `VideoWriter`.

    Example:
        >>> import tempfile, torch
        >>> path = Path(tempfile.mkdtemp()) / "clip.mp4"
        >>> write_video(path, torch.zeros(3, 3, 15, 32), fps=30000 / 1001)
        >>> from vidgan.video import read_video
        >>> video = read_video(path)
        >>> video.frames.shape, round(video.fps, 2)
        (torch.Size([3, 3, 16, 32]), 29.97)
    """
    with VideoWriter(path, fps) as writer:
        for frame in frames:
            writer.write(frame)
