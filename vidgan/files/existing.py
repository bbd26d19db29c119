"""The one check in front of every file that is read: it is there, and it is an ordinary file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def existing_file(path: str | os.PathLike[str], function: str) -> Path:
    """Return the path of an ordinary file, before anything opens it.

    Opening a FIFO may wait forever, a device may have no end, and reading from one may change it.

    Args:
        path: the file; links are followed.
        function: name of the caller, the first word of the message.

    Returns:
        The path.

    Raises:
        FileNotFoundError: there is no such file, or it is a folder.
        ValueError: it is a FIFO, a socket or a device.

    Example:
        >>> existing_file("/dev/null", "read_frame")
        Traceback (most recent call last):
        ValueError: read_frame: /dev/null must be an ordinary file, got a device
    """
    path = Path(path)
    if path.is_file():
        return path
    try:
        kind = _KINDS.get(stat.S_IFMT(path.stat().st_mode))
    except (OSError, ValueError):  # a missing or unreachable one, or a name with a null byte
        kind = None
    if kind is not None:
        raise ValueError(f"{function}: {path} must be an ordinary file, got {kind}")
    raise FileNotFoundError(f"{function}: no such file: {path}")
