"""The last few checkpoints of a training, each with a manifest, and the newest that is whole."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from vidgan._checks import check_at_least
from vidgan.checkpoint.saving import save_checkpoint
from vidgan.files import atomic_file, make_folder, remove_leftovers

_NAME = re.compile(r"step_(\d{9})\.(?:pt|json)")


class FoundCheckpoint(NamedTuple):
    """What `CheckpointManager.find_newest` found.

    Attributes:
        path: the file, for `load_checkpoint`.
        step: the step after which it was saved.
        refused: for each newer checkpoint, its path and what is wrong with it, newest first.

    Example:
        >>> import tempfile
        >>> manager = CheckpointManager(tempfile.mkdtemp())
        >>> _ = manager.save(100, {"step": 100})
        >>> found = manager.find_newest()
        >>> found.path.name, found.step, found.refused
        ('step_000000100.pt', 100, ())
    """

    path: Path
    step: int
    refused: tuple[str, ...]


class CheckpointManager:
    """Keeps the last few checkpoints of a training, and finds the newest one that is whole.

    A checkpoint is the file ``step_000001200.pt`` with its manifest ``step_000001200.json``: the
    SHA-256 and the size of the file. Both are written under another name, flushed to the disk and
    renamed, the manifest last. So whenever the process or the machine stops, there is a whole
    checkpoint, and one that was damaged later is recognized and passed over.

    Args:
        folder: the folder of the checkpoints; made by the first `save`.
        keep: number of checkpoints to keep, at least 1; older ones are removed.

    Raises:
        ValueError: ``keep`` is below 1.

    Example:
        >>> import tempfile
        >>> from vidgan.checkpoint import load_checkpoint
        >>> manager = CheckpointManager(Path(tempfile.mkdtemp()) / "checkpoints", keep=2)
        >>> for step in (100, 200, 300):
        ...     _ = manager.save(step, {"step": step})
        >>> manager.steps()
        [200, 300]
        >>> _ = manager.path(300).write_bytes(b"damaged")
        >>> newest = manager.find_newest()
        >>> newest.step, len(newest.refused)
        (200, 1)
        >>> load_checkpoint(newest.path)
        {'step': 200}
    """

    def __init__(self, folder: str | os.PathLike[str], *, keep: int = 3) -> None:
        check_at_least("CheckpointManager", 1, keep=keep)
        self.folder = Path(folder)
        self.keep = keep

    def path(self, step: int) -> Path:
        """Return the file of the checkpoint of a step."""
        return self.folder / f"step_{step:09d}.pt"

    def steps(self) -> list[int]:
        """List the steps of the checkpoints with a manifest, in ascending order."""
        return [step for step in self._written() if self._manifest(step).exists()]

    def save(self, step: int, state: Mapping[str, Any]) -> Path:
        """Write a checkpoint and its manifest, then remove those that are too old.

        Args:
            step: number of optimizer steps taken.
            state: as in `save_checkpoint`.

        Returns:
            The file.

        Raises:
            OSError: the files cannot be written; the earlier checkpoints are as before.
            TypeError: state contains something that could not be loaded.
        """
        make_folder(self.folder, function="CheckpointManager.save")
        path = self.path(step)
        self._manifest(step).unlink(missing_ok=True)  # it would not be that of the new file
        save_checkpoint(path, state)
        function = "CheckpointManager.save"
        with atomic_file(self._manifest(step), function=function, durable=True) as temporary:
            temporary.write_bytes(_describe(path))
        for old in [other for other in self.steps() if other <= step][: -self.keep]:
            self._remove(old)
        return path

    def find_newest(self) -> FoundCheckpoint | None:
        """Find the newest checkpoint that is whole.

        Returns:
            The checkpoint, and what is wrong with newer ones; None if there is none at all.

        Raises:
            ValueError: there are checkpoints, and none of them is whole.
        """
        refused: list[str] = []
        for step in reversed(self._written()):
            fault = self._fault(step)
            if fault is None:
                return FoundCheckpoint(self.path(step), step, tuple(refused))
            refused.append(fault)
        if refused:
            raise ValueError(
                f"CheckpointManager: {self.folder} has no whole checkpoint: {'; '.join(refused)}"
            )
        return None

    def check(self, step: int) -> None:
        """Compare the checkpoint of a step with its manifest.

        Raises:
            FileNotFoundError: the file or its manifest is missing.
            ValueError: the file is not the one that was written.
        """
        path, manifest = self.path(step), self._manifest(step)
        if not manifest.is_file():
            raise FileNotFoundError(f"{path} has no manifest {manifest.name}: it was not finished")
        if not path.is_file():
            raise FileNotFoundError(f"there is no file {path}, and it has a manifest")
        if manifest.read_bytes() != _describe(path):
            raise ValueError(
                f"{path} is damaged, or its manifest {manifest.name}: they do not fit each other"
            )

    def clean(self) -> list[Path]:
        """Remove what killed saves left: temporary files, and checkpoints without a manifest.

        Call it only while no other process writes into the folder.

        Returns:
            The files that were removed.
        """
        if not self.folder.is_dir():
            return []
        removed = remove_leftovers(self.folder)
        for step in self._written():
            if not (self.path(step).exists() and self._manifest(step).exists()):
                removed += [p for p in (self._manifest(step), self.path(step)) if p.exists()]
                self._remove(step)
        return removed

    def _fault(self, step: int) -> str | None:
        try:
            self.check(step)
        except (OSError, ValueError) as error:
            return " ".join(str(error).split())
        return None

    def _written(self) -> list[int]:
        """List the steps of which a file or a manifest is there, in ascending order."""
        if not self.folder.is_dir():
            return []
        found = (_NAME.fullmatch(entry.name) for entry in self.folder.iterdir())
        return sorted({int(match[1]) for match in found if match})

    def _manifest(self, step: int) -> Path:
        return self.path(step).with_suffix(".json")

    def _remove(self, step: int) -> None:
        # without its manifest a checkpoint is none, so that a kill between the two does no harm
        self._manifest(step).unlink(missing_ok=True)
        self.path(step).unlink(missing_ok=True)


def _describe(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    manifest = {"file": path.name, "bytes": path.stat().st_size, "sha256": digest.hexdigest()}
    return json.dumps(manifest).encode()
