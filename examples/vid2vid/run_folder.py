"""The folder of a training: one process at a time, room on the disk, which data, and its events."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from examples.vid2vid.distributed import rank
from vidgan.extras import import_extra
from vidgan.files import make_folder

CHECKPOINTS, _LOCK, _EVENTS = "checkpoints", ".lock", "events.jsonl"
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
