"""A face that is driven by a video file, or by the pictures that a browser's camera sends."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

from torch import Tensor

from examples.live.backends import Studio
from examples.vid2vid.driving import driven_sequence, nearest_frame
from examples.vid2vid.first_frames import start_video
from examples.vid2vid.generate import generate_frames
from examples.vid2vid.live import LivePlayer, LiveStream, play
from examples.vid2vid.live_source import FileSource, LiveSource, SourceEndedError
from examples.vid2vid.sequences import DrivingSequence
from examples.vid2vid.visualization import GeneratedFrame
from vidgan.video import VideoWriter


class PushedSource:
    """Frames that arrive from elsewhere, one by one; a `LiveSource` that keeps the newest."""

    name, fps, is_camera = "camera", 0.0, True

    def __init__(self) -> None:
        self.dropped, self.stopped = 0, False
        self._newest: tuple[Tensor, float] | None = None

    def push(self, frame: Tensor) -> None:
        """Keep a frame, uint8 (3, H, W), in place of one that was not read yet."""
        self.dropped += self._newest is not None
        self._newest = (frame, time.perf_counter())

    def read(self) -> tuple[Tensor, float]:
        """Return the newest frame and when it arrived.

        Raises:
            SourceEndedError: none has arrived since.
        """
        if self._newest is None or self.stopped:
            raise SourceEndedError("no frame has arrived")
        newest, self._newest = self._newest, None
        return newest

    def close(self) -> None:
        """End the stream."""
        self.stopped = True


class FaceSession:
    """The target's face, driven by another one.

    Args:
        studio: the run of a face.
        source: the frames of the driver.
        start: index of the target's pose to begin with; None: the one most like the driver's.
    """

    def __init__(self, studio: Studio, source: LiveSource, start: int | None = None) -> None:
        self._studio, self._start = studio, start
        task = studio.task
        self._target = DrivingSequence(task, next(iter(task.data.sequences)))
        self.driving = driven_sequence(self._target, source, studio.trained.config)

    def begin(self) -> LivePlayer:
        """Begin the video with the driver's next frame.

        Raises:
            ValueError: the source shows no face.
        """
        past = self._studio.trained.config.model.past_frames
        given = None if self._start is None else self._start - past
        if given is None:
            given = nearest_frame(self.driving, self._target, past)
        first = start_video(self.driving, 0, past, given=(self._target, given))
        steps = generate_frames(self._studio.generator, self.driving, 0, sys.maxsize, first=first)
        return play(steps, self.driving)


def drive_by_file(
    studio: Studio, video: Path, start: int | None = None
) -> Iterator[tuple[GeneratedFrame, LivePlayer]]:
    """Drive the face by a video file; yields each frame, and the player with the pace.

    Raises:
        ValueError: the file is no video, or shows no face.
    """
    with closing(FileSource(video)) as source:
        player = FaceSession(studio, source, start).begin()
        for frame in player:
            yield frame, player


class CameraSession:
    """Drives the face by pictures of a camera that are handed over one by one.

    Args:
        studio: the run of a face.
        start: as in `FaceSession`.
    """

    def __init__(self, studio: Studio, start: int | None = None) -> None:
        self._source = PushedSource()
        self._session = FaceSession(studio, self._source, start)
        self._steps: Iterator[GeneratedFrame] | None = None
        self._next = 0

    @property
    def stream(self) -> LiveStream:
        """The face's points: how many pictures showed none."""
        return cast("LiveStream", next(iter(self._session.driving.streams.values())))

    def step(self, picture: Tensor) -> GeneratedFrame | None:
        """Return the frame that follows a picture, uint8 (3, H, W); None before the first face.

        A picture without a face repeats the pose of the one before.
        """
        self._source.push(picture)
        before = self.stream.skipped
        try:
            # found beforehand: a picture without a face must not end the video
            self._session.driving.annotations(range(self._next, self._next + 1))
        except ValueError:
            if self.stream.skipped > before:
                return None
            raise
        if self._steps is None:
            self._steps = self._session.begin().steps
        self._next += 1
        return next(self._steps)


def write_clip(frames: list[Tensor], fps: float, path: Path) -> Path:
    """Write frames (3, H, W) in [-1, 1] as a video."""
    with VideoWriter(path, fps or 25.0) as writer:
        for frame in frames:
            writer.write(frame)
    return path
