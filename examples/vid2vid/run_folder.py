"""The folder of a training: one process at a time, room on the disk, notes, curves."""

from __future__ import annotations

import hashlib
import json
import queue
import shutil
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor

from examples.vid2vid.distributed import rank
from vidgan.extras import import_extra
from vidgan.files import make_folder

CHECKPOINTS, _LOCK, _EVENTS = "checkpoints", ".lock", "events.jsonl"
_WAITING = 1000  # values in the queue; later ones are dropped until the disk catches up
_SAMPLED = 16  # files of a data folder that are read to recognize it


class RunFolder:
    """The folder of a run, for one training at a time; rank 0 alone writes to it.

    Args:
        path: the folder; made if it does not exist.

    Raises:
        OSError: the folder cannot be made or written to.
        ValueError: another training runs in it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if rank() > 0:
            return
        self._made = make_folder(path, function="train")
        filelock = import_extra("filelock", "examples")
        # the system releases it when the process ends, however it ends
        self._lock = filelock.FileLock(path / _LOCK)
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout:
            raise ValueError(
                f"{path}: another training runs in this folder; choose another one, or wait for it"
            ) from None
        except OSError as error:
            raise OSError(
                f"train: cannot write to the folder {path} ({error.strerror}); choose a folder "
                "that you may write to"
            ) from error

    def close(self) -> None:
        """Let other trainings in; a folder that was made for nothing is removed."""
        if rank() > 0:
            return
        self._lock.release()
        if self._made and {entry.name for entry in self.path.iterdir()} <= {_LOCK}:
            (self.path / _LOCK).unlink(missing_ok=True)
            for folder in self._made:
                folder.rmdir()

    def check_room(self, needed: int) -> None:
        """Raise OSError if the disk has no room for the checkpoints, before anything is trained.

        Args:
            needed: bytes that are still to be written.
        """
        free = shutil.disk_usage(self.path).free
        if free < needed:
            raise OSError(
                f"train: {self.path} needs about {needed / 1e9:.2f} GB for its checkpoints, and "
                f"{free / 1e9:.2f} GB are free; free some space, choose a folder on another disk, "
                "or use a lower --keep-checkpoints"
            )

    def note(self, text: str, **facts: Any) -> None:
        """Print a note, and append it with its facts to ``events.jsonl``."""
        if rank() > 0:
            return
        print(f"note: {text}", file=sys.stderr)
        with suppress(OSError), (self.path / _EVENTS).open("a") as file:  # of a full disk
            file.write(json.dumps({"event": text, **facts}) + "\n")


class Curves:
    """Writes TensorBoard files in a thread of its own, so that no disk can hold up a step.

    Args:
        folder: the folder of the files.
        first_step: curves from here on, left by a run that went further, are replaced.
    """

    def __init__(self, folder: Path, first_step: int) -> None:
        self._queue: queue.Queue[tuple[str, str, Any, int] | None] = queue.Queue(_WAITING)
        # Imported here, which takes seconds: `close` would not wait that long, and lose the curves.
        from torch.utils.tensorboard import SummaryWriter

        self._open = partial(SummaryWriter, folder, purge_step=first_step)
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
        writer: Any = None  # a training that fails before its first step leaves no file
        while (item := self._queue.get()) is not None:
            method, *arguments = item
            with suppress(OSError):  # of a full disk
                writer = writer or self._open()
                getattr(writer, method)(*arguments)
        with suppress(OSError):
            if writer:
                writer.close()


def data_identity(folder: Path) -> str:
    """Compute what a data folder is recognized by, wherever it lies.

    It is a SHA-256 over the names and sizes of all files, ``dataset.json``, and the content of 16
    of the files, evenly spread.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for file in files:
        name = file.relative_to(folder).as_posix()
        digest.update(f"{name}\0{file.stat().st_size}\0".encode())
    step = max(1, len(files) // _SAMPLED)
    for file in [folder / "dataset.json", *files[::step]]:
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()
