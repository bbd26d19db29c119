"""Live generation: annotations found in frames as they arrive, and the pace that is reached."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from examples.vid2vid.live_source import LiveSource, SourceEndedError
from examples.vid2vid.sequences import DrivingSequence
from examples.vid2vid.visualization import GeneratedFrame, Pace
from vidgan.data import StreamKind
from vidgan.extras import import_extra

_RECENT = 1000  # latencies that the median is computed from
_MOST_EMPTY = 300  # frames of a camera that may show no subject before the first that does


class LiveStream:
    """The points of one subject, found in each frame as it arrives; a `ClipStream` without an end.

    Only the newest frame can be loaded. A frame in which the subject is not found repeats the
    points of the one before; frames before the first with the subject are skipped.

    Args:
        source: the frames.
        find: finds the points in a frame, uint8 (3, H, W), and fits them to the target; None where
            the subject is not found.
        subject: what ``find`` looks for, for messages.
    """

    kind: StreamKind = "points"

    def __init__(
        self, source: LiveSource, find: Callable[[Tensor], Tensor | None], subject: str
    ) -> None:
        self.source, self.arrived = source, 0.0
        self.skipped = self.repeated = 0
        self._find, self._subject = find, subject
        self._points: Tensor | None = None
        self._index = -1

    def sequences(self) -> dict[str, int]:
        return {self.source.name: sys.maxsize}

    def size(self, sequence: str) -> None:  # noqa: ARG002 -- as in ClipStream
        return None

    def load(self, sequence: str, index: int) -> Tensor:  # noqa: ARG002 -- as in ClipStream
        """Return the points of a frame; reads frames until there is one of this index.

        Raises:
            SourceEndedError: the source has no more frames.
            OSError: the camera is not there, or went away.
            ValueError: the source shows no subject.
        """
        while self._points is None or self._index < index:
            self._next()
        return self._points

    def _next(self) -> None:
        try:
            frame, self.arrived = self.source.read()
        except SourceEndedError:
            if self._points is None and not self.source.stopped:
                raise self._nobody() from None
            raise
        found = self._find(frame)
        if found is not None:
            self._points = found
        elif self._points is None:
            self.skipped += 1
            if self.source.is_camera and self.skipped >= _MOST_EMPTY:
                raise self._nobody()
            return
        else:
            self.repeated += 1
        self._index += 1

    def _nobody(self) -> ValueError:
        return ValueError(
            f"{self.source.name} must show {self._subject} to drive the target; none was found in "
            f"{self.skipped} frames"
        )


class LivePlayer:
    """Plays generated frames as they come, and measures the pace.

    Iterating ends without an error when the source does. Where the camera goes away after the first
    frame, it ends as well, and ``error`` tells why, so that what was generated can be kept.

    Args:
        steps: generates the frames.
        stream: the stream that drives them.
    """

    def __init__(self, steps: Iterator[GeneratedFrame], stream: LiveStream) -> None:
        self.steps, self.stream = steps, stream
        self.error: OSError | None = None
        self.frames = 0
        self._latencies: deque[float] = deque(maxlen=_RECENT)
        self._start = self._end = time.perf_counter()

    def __iter__(self) -> Iterator[GeneratedFrame]:
        bar: Any = import_extra("tqdm", "examples").tqdm(None, "frames", disable=None)
        with stop_on_interrupt(self.stream.source), bar:
            self._start = time.perf_counter()
            while (step := self._step()) is not None:
                yield step
                self._end = time.perf_counter()
                bar.update()
                if not bar.disable:
                    bar.set_postfix_str(str(self.pace()), refresh=False)

    def _step(self) -> GeneratedFrame | None:
        try:
            step = next(self.steps, None)
        except OSError as error:
            if not self.frames:
                raise
            self.error = None if isinstance(error, SourceEndedError) else error
            return None
        if step is not None:
            self._latencies.append(time.perf_counter() - self.stream.arrived)
            self.frames += 1
        return step

    def pace(self) -> Pace:
        """Return the pace up to now."""
        seconds = self._end - self._start
        latencies = torch.tensor([*self._latencies] or [0.0], dtype=torch.float64)
        median, high = latencies.quantile(torch.tensor([0.5, 0.95], dtype=torch.float64)).tolist()
        rate = self.frames / seconds if seconds > 0 else 0.0
        dropped = self.stream.source.dropped
        return Pace(self.frames, rate, median, high, dropped, self.stream.repeated)


def play(steps: Iterator[GeneratedFrame], driving: DrivingSequence) -> LivePlayer:
    """Play the frames of a sequence that is driven live.

    Raises:
        ValueError: the task does not find its annotations in frames as they arrive.
    """
    stream = next(iter(driving.streams.values()))
    if not isinstance(stream, LiveStream):
        text = f"the task {driving.task.name!r} cannot be driven live; use --drive"
        raise ValueError(text)  # noqa: TRY004 -- a matter of the input
    return LivePlayer(steps, stream)


@contextmanager
def stop_on_interrupt(source: LiveSource) -> Iterator[None]:
    """Let Ctrl-C end the stream, in place of the program, so that the files are finished."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        source.stopped = True

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
