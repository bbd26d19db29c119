"""Writing a file so that nothing half-written is ever left under its name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vidgan.files._staging import REPAIR, hidden_name


@contextmanager
def atomic_file(path: str | os.PathLike[str], *, function: str = "atomic_file") -> Iterator[Path]:
    """Yield a temporary name next to ``path``, renamed to ``path`` when the block succeeds.

    The rename is atomic within one folder: a reader sees the old file or the
    whole new one. When the block raises, the temporary file is removed and ``path`` is as before.

    Args:
        path: the file to write; its folder must exist.
        function: name of the caller, the first word of the messages.

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
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
