"""The checksums of a PNG file: Pillow does not compare those of the pixels."""

from __future__ import annotations

import zlib
from pathlib import Path

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Texts, color profiles and hints, on which no id or value depends: they may be damaged.
_IGNORED = {b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"pHYs", b"tIME"}
_IGNORED |= {b"bKGD", b"hIST", b"sBIT", b"sPLT"}


def check_checksums(path: Path, function: str) -> None:
    """Compare the checksum of every chunk of a PNG file that its pixels may depend on.

    Other files are passed over.

    Raises:
        ValueError: a checksum is wrong, or the file does not end as a PNG must.
    """
    data = memoryview(path.read_bytes())
    start, kind = len(_SIGNATURE), b""
    if data[:start] != _SIGNATURE:
        return
    while kind != b"IEND" and start + 12 <= len(data):
        end = start + 12 + int.from_bytes(data[start : start + 4], "big")  # length, kind, checksum
        kind = bytes(data[start + 4 : start + 8])
        wanted = int.from_bytes(data[end - 4 : end], "big")
        if kind not in _IGNORED and (
            end > len(data) or zlib.crc32(data[start + 4 : end - 4]) != wanted
        ):
            raise ValueError(
                f"{function}: {path} is cut short or damaged (the checksum of its chunk "
                f"{kind.decode('latin1')!r} is wrong); copy it again"
            )
        start = end
    if kind != b"IEND":
        raise ValueError(f"{function}: {path} is cut short or damaged (it has no end)")
