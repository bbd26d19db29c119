"""Writing a file so that nothing half-written is ever left under its name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vidgan.files._staging import REPAIR, hidden_name, is_temporary


@contextmanager
def atomic_file(
    path: str | os.PathLike[str], *, function: str = "atomic_file", durable: bool = False
) -> Iterator[Path]:
    """Yield a temporary name next to ``path``, renamed to ``path`` when the block succeeds.

    The rename is atomic within one folder: a reader sees the old file or the
    whole new one. When the block raises, the temporary file is removed and ``path`` is as before.

    Args:
        path: the file to write; its folder must exist.
        function: name of the caller, the first word of the messages.
        durable: return only after file and folder are flushed to the disk, so that the file is
            there after a power cut too. It takes milliseconds.

    Yields:
        The temporary name, with the suffix of ``path``.

    Raises:
        FileNotFoundError: the folder does not exist.
        NotADirectoryError: the folder is a file.
        IsADirectoryError: ``path`` is a folder.
        PermissionError: the folder cannot be written to.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with atomic_file(folder / "a.txt") as name:
        ...     _ = name.write_text("whole")
        >>> [file.name for file in folder.iterdir()]
        ['a.txt']
    """
    path = Path(path)
    folder = path.parent
    if not folder.exists():
        raise FileNotFoundError(
            f"{function}: the folder {folder} of {path.name} does not exist; create it first"
        )
    if not folder.is_dir():
        raise NotADirectoryError(f"{function}: {folder} must be a folder, but it is a file")
    if path.is_dir():
        raise IsADirectoryError(f"{function}: {path} must be a file, but it is a folder")
    temporary = folder / f"{hidden_name(path.stem)}{path.suffix}"
    try:
        with temporary.open("xb"):
            pass
    except OSError as error:
        raise PermissionError(
            f"{function}: cannot write to the folder {folder} ({error.strerror}); {REPAIR}"
        ) from error
    try:
        yield temporary
        if durable:
            _flush(temporary)
        temporary.replace(path)
        if durable and os.name == "posix":  # elsewhere a folder cannot be opened
            _flush(folder)
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(folder: str | os.PathLike[str]) -> list[Path]:
    """Remove what killed processes left of files that `atomic_file` did not finish.

    Call it only while no other process writes into the folder.

    Args:
        folder: an existing folder.

    Returns:
        The files that were removed.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("a.txt", ".b.0123abcd.part.txt"):
        ...     (folder / name).touch()
        >>> [file.name for file in remove_leftovers(folder)]
        ['.b.0123abcd.part.txt']
    """
    left = [path for path in sorted(Path(folder).iterdir()) if is_temporary(path.name)]
    removed = [path for path in left if path.is_file() and not path.is_symlink()]
    for path in removed:
        path.unlink(missing_ok=True)
    return removed


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
