"""Writing a file so that nothing half-written is ever left under its name."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replace_on_success(path: str | os.PathLike[str], function: str) -> Iterator[Path]:
    """Give a temporary name beside ``path``, renamed to ``path`` when the block succeeds.

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
        >>> with replace_on_success(folder / "a.txt", "example") as name:
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
    temporary = folder / f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}"
    try:
        with temporary.open("xb"):
            pass
    except OSError as error:
        raise PermissionError(
            f"{function}: cannot write to the folder {folder} ({error.strerror}); "
            "choose a folder that you may write to"
        ) from error
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
