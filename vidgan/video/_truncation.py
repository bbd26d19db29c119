"""Whether a video file is shorter than its own structure says.

FFmpeg reads a file that was cut off without a word where the container keeps no frame count
(Matroska: no error in 70 of 100 cuts), so the sizes that the container declares are compared with
the size of the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"moof", b"free", b"skip", b"wide", b"styp", b"sidx")
_MP4_BOXES_OF_FRAMES = (b"moov", b"mdat", b"moof")
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"


def declared_bytes(path: Path) -> int | None:
    """Read how many bytes the file must have at least to be whole.

    Knows MP4 and MOV (top-level boxes), Matroska and WebM (segment) and AVI (first RIFF chunk).

    Args:
        path: a file that exists.

    Returns:
        The least size in bytes, or None where the container does not say.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.avi"
        >>> _ = path.write_bytes(b"RIFF" + (100).to_bytes(4, "little") + b"AVI ")
        >>> declared_bytes(path)
        108
    """
    with path.open("rb") as file:
        head = file.read(12)
        if head[4:8] in _MP4_BOXES:
            return _mp4_bytes(file, path.stat().st_size)
        if head[:4] == _EBML:
            return _matroska_bytes(file)
        if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
            return 8 + int.from_bytes(head[4:8], "little")
    return None


def _mp4_bytes(file: BinaryIO, size: int) -> int | None:
    start, needed = 0, None
    while start + 8 <= size:
        file.seek(start)
        head = file.read(16)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1:  # the length did not fit into 32 bits
            length = int.from_bytes(head[8:16], "big")
        if length < 8:  # 0 = up to the end of the file; else rubbish after the last box
            break
        start += length
        if kind in _MP4_BOXES_OF_FRAMES:
            needed = start
    return needed


def _matroska_bytes(file: BinaryIO) -> int | None:
    file.seek(4)
    length = _variable_integer(file)
    if length is None:
        return None
    file.seek(length, 1)
    if file.read(4) != _SEGMENT:
        return None
    length = _variable_integer(file)
    return None if length is None else file.tell() + length


def _variable_integer(file: BinaryIO) -> int | None:
    """Read an EBML length (RFC 8794, section 4); None = unknown, as in a live stream."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    extra = 8 - first[0].bit_length()
    value = int.from_bytes(bytes([first[0] & (0x7F >> extra)]) + file.read(extra), "big")
    return None if value == (1 << 7 * (extra + 1)) - 1 else value
