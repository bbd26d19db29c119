"""Signals that ask a training to stop: it saves and exits at the end of its step."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import AbstractContextManager
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")  # Ctrl-C, a scheduler, a closed terminal


class GracefulStop(AbstractContextManager["GracefulStop"]):
    """Notes SIGINT, SIGTERM and SIGHUP, so that a training can save before it exits.

    Inside the block the first signal only sets `requested`. A second one ends the process at once,
    with exit code 128 plus the number of the signal. Handlers can be set in the main thread alone;
    in any other the block does nothing.

    Example:
        >>> import signal
        >>> with GracefulStop() as stop:
        ...     for step in range(100):
        ...         if step == 2:
        ...             signal.raise_signal(signal.SIGTERM)  # as a scheduler does
        ...         if stop.requested:
        ...             break  # save here
        >>> step, stop.requested.name, stop.exit_code
        (2, 'SIGTERM', 143)
    """

    def __init__(self) -> None:
        self.requested: signal.Signals | None = None
        """The signal that was received; None so far."""
        self._before: dict[signal.Signals, Any] = {}

    @property
    def exit_code(self) -> int:
        """The exit code that says which signal ended the process; 0 if there was none."""
        return 128 + self.requested if self.requested else 0

    def __enter__(self) -> GracefulStop:
        if threading.current_thread() is threading.main_thread():
            for name in _SIGNALS:
                each = getattr(signal, name, None)  # Windows has no SIGHUP
                if each is not None and signal.getsignal(each) is not signal.SIG_IGN:  # nohup
                    self._before[each] = signal.signal(each, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)
        self._before.clear()

    def _note(self, number: int, _: FrameType | None) -> None:
        if self.requested is not None:
            os._exit(128 + number)  # whatever the first stop is waiting for
        self.requested = signal.Signals(number)
