"""Frames as they arrive: from a video file, none left out, or from a camera, always the newest."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Condition, Thread
from typing import Any, Protocol

import torch
from torch import Tensor

from vidgan.extras import import_extra
from vidgan.video import VideoReader

_PATIENCE = 10.0  # seconds without a frame, after which a camera is given up


class SourceEndedError(OSError):
    """There are no more frames, as was to be expected: the file is at its end, or Ctrl-C."""


class LiveSource(Protocol):
    """Frames one by one.

    Attributes:
        name: name of the source, as a file name.
        fps: frames per second, 0 if unknown; known after the first frame.
        dropped: number of frames that were left out because newer ones arrived.
        is_camera: whether frames that are not taken in time are left out.
        stopped: set it to end the stream before the next frame.
    """

    name: str
    fps: float
    dropped: int
    is_camera: bool
    stopped: bool

    def read(self) -> tuple[Tensor, float]:
        """Return the next frame, uint8 (3, H, W), and when it arrived, by ``perf_counter``.

        Raises:
            SourceEndedError: the file is at its end, or the stream was stopped.
            OSError: the camera is not there, or it went away.
        """
        ...

    def close(self) -> None:
        """Free the file or the camera."""
        ...


class FileSource:
    """Reads all frames of a video file, as fast as they are asked for.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no video.
    """

    is_camera = False
    dropped = 0

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise FileNotFoundError(
                f"--live must be a video file or a camera, such as 0 or /dev/video0; there is no "
                f"file {path}"
            )
        self.name, self.stopped = path.stem, False
        self._reader = VideoReader(path)
        self.fps = self._reader.fps
        self._frames: Iterator[tuple[float, Tensor]] = iter(self._reader)

    def read(self) -> tuple[Tensor, float]:
        arrived = time.perf_counter()
        pair = None if self.stopped else next(self._frames, None)
        if pair is None:
            raise SourceEndedError(f"{self.name} has no more frames")
        return pair[1], arrived

    def close(self) -> None:
        self._reader.close()


class CameraSource:
    """Reads a camera in a thread, and keeps the newest frame alone, so that none is ever late.

    The camera is opened when the first frame is asked for.

    Args:
        device: number of the camera or its path, as OpenCV takes it.
        patience: seconds without a frame, after which the camera is given up.
    """

    is_camera = True
    fps = 0.0

    def __init__(self, device: int | str, *, patience: float = _PATIENCE) -> None:
        self.device, self.patience = device, patience
        self.name = f"camera{device}" if isinstance(device, int) else Path(device).name
        self.dropped, self.stopped = 0, False
        self._taken = 0
        self._camera: Any = None
        self._thread = Thread(target=self._grab, daemon=True)
        self._changed = Condition()
        self._newest: tuple[Any, float] | None = None
        self._gone = False

    def read(self) -> tuple[Tensor, float]:
        if self._camera is None:
            self._open()
        with self._changed:
            if not self.stopped:
                self._changed.wait_for(
                    lambda: self._newest is not None or self._gone or self.stopped, self.patience
                )
            if self.stopped:
                raise SourceEndedError(f"{self.name} was stopped")
            if self._newest is None:
                what = "went away" if self._gone else f"gave no frame for {self.patience:g} s"
                raise OSError(
                    f"the camera {self.device} {what} after {self._taken} frames; check its cable, "
                    "and that no other program uses it"
                )
            (image, arrived), self._newest = self._newest, None
        self._taken += 1
        pixels = torch.from_numpy(image[..., ::-1].copy())  # OpenCV has BGR
        return pixels.permute(2, 0, 1).contiguous(), arrived

    def close(self) -> None:
        self.stopped = True
        if self._camera is not None:
            self._thread.join(self.patience)
            self._camera.release()

    def _open(self) -> None:
        self._camera = open_camera(self.device)
        if not self._camera.isOpened():
            self._camera.release()
            self._camera = None
            raise OSError(
                f"there is no camera {self.device}, or another program uses it; give the number or "
                "the path of another one with --live, or a video file"
            )
        self._thread.start()

    def _grab(self) -> None:
        while not self.stopped:
            is_there, image = self._camera.read()
            with self._changed:
                if is_there:
                    self.dropped += self._newest is not None
                    self._newest = (image, time.perf_counter())
                self._gone = not is_there
                self._changed.notify()
            if not is_there:
                return


def open_camera(device: int | str) -> Any:
    """Open a camera with OpenCV: an object with ``isOpened``, ``read`` and ``release``."""
    cv2 = import_extra("cv2", "flow")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what is wrong is raised
    return cv2.VideoCapture(device)


@contextmanager
def open_driver(drive: Path | None, live: str | None) -> Iterator[Path | LiveSource | None]:
    """Yield what drives a video: a path, frames as they arrive, or nothing.

    Args:
        drive: a video file or prepared folder that is read as a whole.
        live: a video file, or a camera by its number or path.

    Raises:
        ValueError: both are given.
    """
    if live is None:
        yield drive
        return
    if drive is not None:
        raise ValueError("give --drive, which reads a whole video, or --live, not both")
    with closing(open_source(live)) as source:
        yield source


def open_source(source: str) -> LiveSource:
    """Open a video file, or a camera by its number or path.

    Raises:
        FileNotFoundError: the file does not exist.
        ValueError: the file is no video.
    """
    if source.isdecimal():
        return CameraSource(int(source))
    if source.startswith("/dev/"):
        return CameraSource(source)
    return FileSource(Path(source))
