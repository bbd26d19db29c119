"""Reading a video file into memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vidgan._checks import check_at_least
from vidgan.video._limits import MAX_BYTES, MAX_PIXELS, check_bytes
from vidgan.video._packets import packet_times
from vidgan.video.reader import VideoReader, declared_or_usual_rate
from vidgan.video.timing import find_gaps


class Video(NamedTuple):
    """A decoded video.

    Attributes:
        frames: uint8 (T, 3, H, W), RGB, upright.
        times: float64 (T,), when each frame is shown, in seconds.
        fps: frames per second; pauses do not change it, see `frame_rate`.
        gaps: the index of each frame that follows a pause or lost frames, see `find_gaps`.

    Example:
        >>> import tempfile
        >>> from vidgan.video import write_video
        >>> path = Path(tempfile.mkdtemp()) / "clip.mp4"
        >>> write_video(path, torch.zeros(3, 3, 16, 32), fps=10)
        >>> video = read_video(path)
        >>> video.frames.dtype, video.times
        (torch.uint8, tensor([0.0000, 0.1000, 0.2000], dtype=torch.float64))
        >>> video.fps, video.gaps
        (10.0, [])
    """

    frames: Tensor
    times: Tensor
    fps: float

    @property
    def gaps(self) -> list[int]:
        """The index of each frame that follows a pause or lost frames."""
        return find_gaps(self.times)


def read_video(
    path: str | os.PathLike[str],
    *,
    max_frames: int | None = None,
    allow_truncated: bool = False,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
) -> Video:
    """Read a video file into memory; see `VideoReader` for what is read and how.

    Args:
        path: the file.
        max_frames: read the first so many only.
        allow_truncated: take the frames that are there when the file is cut short.
        max_pixels: maximum number of pixels of a frame.
        max_bytes: maximum size of all frames in memory.

    Returns:
        Frames, their times and the frame rate.

    Raises:
        ImportError, FileNotFoundError, ValueError: as in `VideoReader`; ``max_frames`` is below 1,
            or the frames take more than ``max_bytes``.

    Example:
        >>> import tempfile
        >>> from vidgan.video import write_video
        >>> path = Path(tempfile.mkdtemp()) / "clip.mp4"
        >>> write_video(path, torch.zeros(3, 3, 16, 32), fps=10)
        >>> video = read_video(path)
        >>> video.frames.shape, video.fps
        (torch.Size([3, 3, 16, 32]), 10.0)
    """
    check_at_least("read_video", 1, max_frames=max_frames)
    path = Path(path)
    expected = packet_times(
        path, allow_truncated=allow_truncated, max_packets=max_frames, max_pixels=max_pixels
    )
    with VideoReader(path, allow_truncated=allow_truncated, max_pixels=max_pixels) as reader:
        times, frames = _collect(reader, max(1, len(expected)), max_frames, max_bytes)
        fps = declared_or_usual_rate(times, reader.declared_fps, reader.time_base)
    return Video(frames, torch.tensor(times, dtype=torch.float64), fps)


def _collect(
    reader: VideoReader, expected: int, max_frames: int | None, max_bytes: int
) -> tuple[list[float], Tensor]:
    """Decode into one array: a list of frames and then their stack would need twice the memory."""
    times: list[float] = []
    frames = np.empty(0, np.uint8)
    try:
        for time, frame in reader:
            needed = max(expected, len(times) + 1)
            height, width = frame.shape[1:]
            check_bytes(needed, height, width, max_bytes, f"read_video: {reader.path}")
            if not times:
                frames = np.empty((expected, *frame.shape), np.uint8)
            elif len(times) == len(frames):  # more frames than packets
                frames.resize((2 * len(frames), *frame.shape), refcheck=False)
            frames[len(times)] = frame.numpy()
            times.append(time)
            if len(times) == max_frames:
                break
    except MemoryError as error:
        raise MemoryError(
            f"read_video: the {expected} frames of {reader.path} do not fit into memory; pass "
            "max_frames, or read it frame by frame with iterate_video"
        ) from error
    frames.resize((len(times), *frames.shape[1:]), refcheck=False)
    return times, torch.from_numpy(frames)
