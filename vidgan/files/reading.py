"""Reading text and JSON as editors on all systems write them."""

from __future__ import annotations

import codecs
import json
import math
import os
from typing import Any

from vidgan.files.existing import existing_file

_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MAX_BYTES = 2**26  # 67 MB; a list of lists takes about 20 times as much memory as its text
_MAX_DEPTH = 64
_MAX_INTEGER = 2**63


def read_text(path: str | os.PathLike[str], *, function: str = "read_text") -> str:
    r"""Read a text file: UTF-8 with or without a byte-order mark, or UTF-16 with one.

    Editors and shells on Windows write the mark; it is no part of the text. Line ends become
    ``\n``.

    Args:
        path: the file.
        function: name of the caller, the first word of the message.

    Returns:
        The text.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is in another encoding, has over 67 MB, or is a FIFO or a device.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> file = Path(tempfile.mkdtemp()) / "names.txt"
        >>> _ = file.write_bytes(b"\xef\xbb\xbfroad\r\ncar\r\n")
        >>> read_text(file)
        'road\ncar\n'
    """
    path = existing_file(path, function)
    if (size := path.stat().st_size) > _MAX_BYTES:
        raise ValueError(f"{function}: {path} must have at most {_MAX_BYTES} bytes, got {size}")
    content = path.read_bytes()
    encoding = "utf-16" if content.startswith(_WIDE_MARKS) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{function}: {path} must be text in UTF-8 ({error}); save it in that encoding"
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_json(
    path: str | os.PathLike[str], *, allow_nan: bool = False, function: str = "read_json"
) -> Any:
    r"""Read a JSON file in any encoding that `read_text` knows; every reader of JSON uses it.

    Args:
        path: the file.
        allow_nan: whether ``NaN``, which is no JSON, may stand for a number that is unknown.
        function: name of the caller, the first word of the message.

    Returns:
        The value, such as a dictionary or a list. All its numbers are finite, but for NaN where it
        is allowed, and whole numbers are below 2^63 in size.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no JSON, has over 67 MB, is nested more than 64 deep, has a number
            that is not finite or too large, or is a FIFO or a device.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> file = Path(tempfile.mkdtemp()) / "points.json"
        >>> _ = file.write_bytes(b"\xef\xbb\xbf[[1, 2]]")
        >>> read_json(file)
        [[1, 2]]
    """
    text = read_text(path, function=function)
    try:
        value = json.loads(
            text,
            parse_float=_finite,
            parse_int=_integer,
            parse_constant=_finite_or_nan if allow_nan else _finite,
        )
        _check_depth(value)
    except RecursionError as error:
        raise ValueError(
            f"{function}: {path} is no JSON: it is nested over {_MAX_DEPTH} deep"
        ) from error
    except ValueError as error:
        raise ValueError(f"{function}: {path} is no JSON: {error}") from error
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"numbers must be finite, got {text:.40}")
    return number


def _integer(text: str) -> int:
    if len(text) > 20 or abs(number := int(text)) >= _MAX_INTEGER:
        raise ValueError(
            f"numbers must be finite, and whole ones below 2^63 in size, got {text:.40}"
        )
    return number


def _finite_or_nan(text: str) -> float:
    return math.nan if text == "NaN" else _finite(text)


def _check_depth(value: Any) -> None:
    """Raise RecursionError for lists and objects that are nested too deep."""
    level = [value] if isinstance(value, list | dict) else []
    for _ in range(_MAX_DEPTH):
        parts = (part.values() if isinstance(part, dict) else part for part in level)
        level = [each for part in parts for each in part if isinstance(each, list | dict)]
        if not level:
            return
    raise RecursionError
