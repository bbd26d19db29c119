"""Reading text and JSON as editors on all systems write them."""

from __future__ import annotations

import codecs
import json
import os
from pathlib import Path
from typing import Any

_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: str | os.PathLike[str]) -> str:
    r"""Read a text file: UTF-8 with or without a byte-order mark, or UTF-16 with one.

    Editors and shells on Windows write the mark; it is no part of the text. Line ends become
    ``\n``.

    Args:
        path: the file.

    Returns:
        The text.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is in another encoding.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "names.txt"
        >>> _ = file.write_bytes(b"\xef\xbb\xbfroad\r\ncar\r\n")
        >>> read_text(file)
        'road\ncar\n'
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"read_text: no such file: {path}")
    content = path.read_bytes()
    encoding = "utf-16" if content.startswith(_WIDE_MARKS) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"read_text: {path} must be text in UTF-8 ({error}); save it in that encoding"
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_json(path: str | os.PathLike[str]) -> Any:
    r"""Read a JSON file in any encoding that `read_text` knows.

    Args:
        path: the file.

    Returns:
        The value, such as a dictionary or a list.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no JSON.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "points.json"
        >>> _ = file.write_bytes(b"\xef\xbb\xbf[[1, 2]]")
        >>> read_json(file)
        [[1, 2]]
    """
    text = read_text(path)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"read_json: {path} is no JSON: {error}") from error
