"""The description of a saved network: its builder and arguments, and the checksums beside it."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

from vidgan._weight_files import RefusedFileError, sha256
from vidgan.files import read_json

WEIGHTS, DESCRIPTION, SUMS = "model.safetensors", "config.json", "SHA256SUMS"
FORMAT = "vidgan model 1"
_FILES = (DESCRIPTION, WEIGHTS)
_MAX_DESCRIPTION = 100_000  # bytes
_MAX_NUMBER = 1_000_000
_MAX_COUNT = 1_000  # of blocks, scales and the like
_SUM_LINE = re.compile(rb"([0-9a-f]{64})  ([A-Za-z0-9_.]+)")


def write_sums(folder: Path) -> None:
    """Write the SHA-256 sums of the files of a network, in the format of ``sha256sum``."""
    lines = [f"{sha256(folder / name)}  {name}\n" for name in _FILES]
    (folder / SUMS).write_bytes("".join(lines).encode())


def check_sums(folder: Path) -> None:
    """Compare the files of a network with their checksums.

    Raises:
        FileNotFoundError: a file is missing.
        RefusedFileError: a file is not the one that was saved, or the list of sums is damaged.
    """
    for name in (SUMS, *_FILES):
        if not (folder / name).is_file():
            raise FileNotFoundError(f"{folder} is no saved network: it has no file {name}")
    path = folder / SUMS
    lines = path.read_bytes().split(b"\n") if path.stat().st_size < 1000 else []
    sums = {m[2].decode(): m[1].decode() for m in map(_SUM_LINE.fullmatch, lines[:-1]) if m}
    if tuple(sums) != _FILES or len(lines) != len(_FILES) + 1 or lines[-1]:
        raise RefusedFileError(f"{path} is damaged: it must list {' and '.join(_FILES)}")
    for name, wanted in sums.items():
        if sha256(folder / name) != wanted:
            raise RefusedFileError(
                f"{folder / name} is damaged, or from another network: its SHA-256 sum is not the "
                f"one in {SUMS}"
            )


def read_description(path: Path) -> tuple[str, dict[str, Any]]:
    """Read the name of the builder and its arguments.

    Raises:
        RefusedFileError: the file is no description of a network, or a number in it is too large.
    """
    if path.stat().st_size > _MAX_DESCRIPTION:
        raise RefusedFileError(f"{path} is no description of a network: it is too long")
    try:
        content = read_json(path)
    except ValueError as error:
        reason = str(error).partition(f"{path} ")[2]
        raise RefusedFileError(f"{path} is no description of a network: it {reason}") from error
    match content:
        case {"format": "vidgan model 1", "builder": str(builder), "arguments": dict(arguments)}:
            for name, value in arguments.items():
                check_argument(name, value, str(path))
            return builder, arguments
        case {"format": str(other)} if other != FORMAT:
            raise RefusedFileError(f"{path} has the format {other[:50]!r}, and not {FORMAT!r}")
    raise RefusedFileError(f"{path} is no description of a network of vidgan")


def check_argument(name: str, value: Any, where: str) -> None:
    """Refuse an argument of a builder that is no choice, no switch and no sensible number."""
    limit = _MAX_COUNT if name.startswith("num_") else _MAX_NUMBER
    match value:
        case None | bool() | str():
            return
        case int() | float() if math.isfinite(value) and abs(value) <= limit:
            return
        case [*items] if len(items) <= 100 and not any(isinstance(each, list) for each in items):
            for each in items:
                check_argument(name, each, where)
            return
    raise RefusedFileError(
        f"{where}: {name} must be a text, a finite number up to {limit}, or a list of them, got "
        f"{str(value)[:100]}"
    )
