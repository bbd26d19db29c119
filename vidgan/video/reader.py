"""Reading video files with PyAV, frame by frame."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from torch import Tensor

from vidgan.extras import import_extra
from vidgan.video._limits import MAX_PIXELS, check_pixels
from vidgan.video._opening import choose_stream, damage, open_container
from vidgan.video._orientation import display_matrix, orient
from vidgan.video._packets import packet_time, packet_times
from vidgan.video._pixels import rgb_from_frame
from vidgan.video.timing import find_gaps, frame_rate


class VideoReader:
    """Decodes a video file lazily: iterating gives (time, frame) pairs.

    Frames are uint8 (3, H, W), RGB, turned upright by the container's display matrix. Times are
    presentation times in seconds (pts * time_base), which may be unevenly spaced; AVI counts
    frames instead, so its times are multiples of 1 / its rate, from 0. Of several video streams,
    the default one of the file is read, or else the first; cover pictures are left out. The pixels
    are as stored: a sample aspect ratio is not applied. A file that does not name its color matrix
    is taken to be BT.601, as FFmpeg does.

    Args:
        path: the file. Playlists and everything that points to other files are refused.
        allow_truncated: take the frames that are there when the file is cut short. MPEG-TS, Ogg
            and other streams do not say how long they are, so there a cut may go unseen. Frames
            that FFmpeg marks as corrupt are then left out at the start, and end the video later.
        max_pixels: maximum number of pixels of a frame, checked before any is decoded.

    Raises:
        ImportError: PyAV is missing (``pip install 'vidgan[video]'``).
        FileNotFoundError: there is no such file.
        ValueError: the file is no video, has no video stream, is cut short, or (while iterating)
            is damaged, has a frame that FFmpeg marks as corrupt, frames of different sizes or too
            many pixels.

    Example:
        >>> import tempfile, torch
        >>> from vidgan.video import write_video
        >>> path = Path(tempfile.mkdtemp()) / "clip.mp4"
        >>> write_video(path, torch.zeros(3, 3, 16, 32), fps=10)
        >>> with VideoReader(path) as reader:
        ...     print(reader.fps, [(round(time, 1), tuple(frame.shape)) for time, frame in reader])
        10.0 [(0.0, (3, 16, 32)), (0.1, (3, 16, 32)), (0.2, (3, 16, 32))]
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        allow_truncated: bool = False,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        self.path = Path(path)
        self.max_pixels = max_pixels
        self.allow_truncated = allow_truncated
        self._av = import_extra("av", "video")
        self._open()
        self.declared_frames: int | None = self._stream.frames or None
        rate = self._stream.average_rate or self._stream.base_rate
        self.declared_fps: float | None = float(rate) if rate else None
        self.time_base = float(self._stream.time_base or 0)

    @cached_property
    def fps(self) -> float:
        """Frames per second, pauses left out; the first use reads through the file.

        0 where the file has one frame and declares no rate.
        """
        found = packet_times(
            self.path, allow_truncated=self.allow_truncated, max_pixels=self.max_pixels
        )
        times = sorted({time for time in found if time is not None})
        complete = len(times) == len(found)
        return declared_or_usual_rate(times if complete else [], self.declared_fps, self.time_base)

    def _open(self) -> None:
        self._container = open_container(self.path, allow_truncated=self.allow_truncated)
        try:
            self._stream = choose_stream(self._container, self.path, self.max_pixels)
        except ValueError:
            self.close()
            raise
        self._started, self._origin = False, 0.0

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def __iter__(self) -> Iterator[tuple[float, Tensor]]:
        if self._started:  # from the beginning again
            self.close()
            self._open()
        self._started = True
        first: tuple[int, ...] | None = None
        count, time = 0, -1.0
        for decoded in self._decode():
            check_pixels(decoded.height, decoded.width, self.max_pixels, f"read_video: {self.path}")
            frame = orient(rgb_from_frame(decoded), display_matrix(decoded))
            first = first or frame.shape
            if frame.shape != first:
                raise ValueError(
                    f"read_video: the frames of {self.path} must have one size, got (H, W) = "
                    f"{tuple(first[1:])} in frame 0 and {tuple(frame.shape[1:])} in frame {count}"
                )
            time = self._time(decoded, count, time)
            yield time, frame
            count += 1
        if count == 0:
            raise ValueError(f"read_video: {self.path} has a video stream without frames")

    def _decode(self) -> Iterator[Any]:
        packets, self._decoded = 0, 0
        try:
            for packet in self._container.demux(self._stream):
                if packet.is_corrupt and not self.allow_truncated:
                    total = self.declared_frames or "an unknown number"
                    raise damage(self.path, f"cut short or damaged in packet {packets} of {total}")
                packets += packet.size > 0
                yield from self._sound(packet.decode())
        except self._av.error.FFmpegError as error:
            if not self.allow_truncated:
                problem = (
                    f"damaged after {packets} packets ({error.strerror}), or its frames have more "
                    f"than max_pixels = {self.max_pixels}"
                )
                raise damage(self.path, problem) from error
        self._check_count(packets)

    def _sound(self, frames: list[Any]) -> Iterator[Any]:
        """Pass on the frames that FFmpeg decoded without an error."""
        for frame in frames:
            if not frame.is_corrupt:
                self._decoded += 1
                yield frame
            elif not self.allow_truncated:
                raise damage(self.path, f"damaged: FFmpeg marks frame {self._decoded} as corrupt")
            elif self._decoded:  # those after it are made from it
                raise self._av.error.InvalidDataError(0, "corrupt frame")

    def _check_count(self, packets: int) -> None:
        # Only MP4 counts reliably. An edit list may hide frames: the index then has fewer entries.
        index = getattr(self._stream, "index_entries", ())  # PyAV 15 and later
        declared = min(self.declared_frames or 0, len(index))
        is_mp4 = "mp4" in self._container.format.name
        if is_mp4 and packets < declared and not self.allow_truncated:
            raise damage(self.path, f"cut short: {packets} frames of the {declared} declared")

    def _time(self, decoded: Any, count: int, previous: float) -> float:
        step = 1 / self.declared_fps if self.declared_fps else 0.0
        time = packet_time(decoded, self._container)
        if self._container.format.name == "avi" and time is not None:
            self._origin = time if count == 0 else self._origin
            time -= self._origin
        if time is None or (count > 0 and time <= previous):
            return previous + step if count > 0 else 0.0
        return time


def iterate_video(
    path: str | os.PathLike[str],
    *,
    allow_truncated: bool = False,
    max_pixels: int = MAX_PIXELS,
) -> Iterator[tuple[float, Tensor]]:
    """Decode a video file lazily; see `VideoReader` for the arguments and errors.

    Yields:
        (time in seconds, frame uint8 (3, H, W)).

    Example:
        >>> import tempfile, torch
        >>> from vidgan.video import write_video
        >>> path = Path(tempfile.mkdtemp()) / "clip.mp4"
        >>> write_video(path, torch.zeros(3, 3, 16, 32), fps=10)
        >>> sum(1 for time, frame in iterate_video(path))
        3
    """
    with VideoReader(path, allow_truncated=allow_truncated, max_pixels=max_pixels) as reader:
        yield from reader


def declared_or_usual_rate(times: list[float], declared: float | None, tick: float) -> float:
    """Take the declared rate only where the times agree with it: it lies for variable rates.

    Args:
        times: of the frames, in seconds, increasing.
        declared: the rate that the file declares.
        tick: the unit that times are rounded to, in seconds.
    """
    if len(times) < 2 or times[-1] <= times[0]:
        return declared or 0.0
    rate = frame_rate(times)
    parts = len(find_gaps(times)) + 1
    rounding = 1.5 * tick * parts * rate / (len(times) - parts) if len(times) > parts else 0.0
    return declared if declared and abs(rate / declared - 1) <= rounding else rate
