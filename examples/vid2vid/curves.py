"""The curves of a training, written by a thread of their own: no disk can hold up a step."""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from torch import Tensor

_WAITING = 1000  # values in the queue; later ones are dropped until the disk catches up


class Curves:
    """Writes TensorBoard files in the background.

    Args:
        folder: the folder of the files.
        first_step: curves from here on, left by a run that went further, are replaced.
    """

    def __init__(self, folder: Path, first_step: int) -> None:
        self._folder, self._first_step = folder, first_step
        self._queue: queue.Queue[tuple[str, str, Any, int] | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def add_scalar(self, name: str, value: float, step: int) -> None:
        """Add a point of a curve."""
        self._put("add_scalar", name, value, step)

    def add_image(self, name: str, image: Tensor, step: int) -> None:
        """Add an image, (3, H, W) in [0, 1]."""
        self._put("add_image", name, image.detach().cpu(), step)

    def close(self, *, timeout: float = 5.0) -> None:
        """Write what is waiting, for at most ``timeout`` seconds."""
        try:
            self._queue.put(None, timeout=timeout)
        except queue.Full:
            return
        self._thread.join(timeout)

    def _put(self, method: str, name: str, value: Any, step: int) -> None:
        try:
            self._queue.put_nowait((method, name, value, step))
        except queue.Full:
            return

    def _write(self) -> None:
        from torch.utils.tensorboard import SummaryWriter

        writer: Any = None  # a training that fails before its first step leaves no file
        while (item := self._queue.get()) is not None:
            method, *arguments = item
            with suppress(OSError):  # of a full disk
                writer = writer or SummaryWriter(self._folder, purge_step=self._first_step)
                getattr(writer, method)(*arguments)
        with suppress(OSError):
            if writer:
                writer.close()
