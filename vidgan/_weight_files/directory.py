"""The directory at the end of a zip file of ``torch.save``."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO

from vidgan._weight_files.stand_ins import RefusedFileError

_MAX_ENTRIES = 10_000
_MAX_NAME = 1000
FULL32 = 0xFFFFFFFF
_ZIP64 = 1  # the kind of an extra field with long sizes
_FULL16 = 0xFFFF
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
# torch has no date and no attributes, names in UTF-8, and the checksum behind the data
_FLAGS = (0x0808, 0x0800, 0x0008, 0)
_VERSIONS_MADE = (0, 0x031E)


@dataclass(frozen=True)
class Listed:
    """An entry as the directory lists it."""

    name: bytes
    header: int
    size: int
    crc: int
    version: int
    flags: int
    time: int
    date: int
    wide: bytes  # the extra field with long sizes, which stands before the data too


def read_end(file: IO[bytes], size: int) -> tuple[int, int, int, int]:
    """Return the number of entries, the start, length and end of the directory."""
    if size < _END.size:
        raise refused("it is too short")
    file.seek(size - _END.size)
    mark, disk, first, here, number, length, start, comment = _END.unpack(exactly(file, _END.size))
    if mark != b"PK\5\6" or comment:
        raise refused("it does not end as a zip file of torch.save")
    end = size - _END.size
    where = end - _LOCATOR.size - _END64.size
    if where > 0:
        file.seek(where)
        wide = exactly(file, _END64.size)
        locator = exactly(file, _LOCATOR.size)
        if locator.startswith(b"PK\6\7"):
            return _read_end64(wide, locator, where, (disk, first, here, number, length, start))
    if disk or first or here != number:
        raise refused("it is one part of several")
    return _checked_number(number), start, length, end


def _read_end64(
    wide: bytes, locator: bytes, where: int, narrow: tuple[int, ...]
) -> tuple[int, int, int, int]:
    mark, left, made, needed, disk, first, here, number, length, start = _END64.unpack(wide)
    _, locator_disk, found, disks = _LOCATOR.unpack(locator)
    values = (disk, first, here, number, length, start)
    limits = (_FULL16,) * 4 + (FULL32,) * 2
    shortened = tuple(min(value, limit) for value, limit in zip(values, limits, strict=True))
    if (
        (mark, left, made, needed) != (b"PK\6\6", _END64.size - 12, 0x031E, 45)
        or (locator_disk, found, disks) != (0, where, 1)
        or shortened != narrow
        or disk
        or first
        or here != number
    ):
        raise refused("the end of its directory is damaged")
    return _checked_number(number), start, length, where


def _checked_number(number: int) -> int:
    if number > _MAX_ENTRIES:
        raise refused(f"it has {number} entries, over {_MAX_ENTRIES}")
    return number


def read_directory(directory: bytes, number: int, start: int) -> list[Listed]:
    """Return the entries that a directory lists."""
    listed, position = [], 0
    for _ in range(number):
        if position + _CENTRAL.size > len(directory):
            raise refused("its directory is too short")
        fields = _CENTRAL.unpack_from(directory, position)
        mark, made, version, flags, method, time, date, crc, packed, size = fields[:10]
        name_length, extra_length, comment, disk, internal, external, header = fields[10:]
        position += _CENTRAL.size
        name = directory[position : position + name_length]
        position += name_length
        extra = directory[position : position + extra_length]
        position += extra_length
        if mark != b"PK\1\2":
            raise refused("its directory is damaged")
        if method or packed != size:
            raise refused(f"its entry {shown(name)} is compressed, which torch.save never does")
        if (
            flags not in _FLAGS
            or made not in _VERSIONS_MADE
            or version not in (0, 20, 45)
            or any((internal, external, comment, disk))
        ):
            raise refused(f"the attributes of its entry {shown(name)} are not those of torch.save")
        size, header = _widen(size, header, extra)
        if header + size > start:
            raise refused(f"its entry {shown(name)} is larger than the file: it expands too far")
        listed.append(Listed(name, header, size, crc, version, flags, time, date, extra))
    if position != len(directory):
        raise refused("its directory is too long")
    return listed


def _widen(size: int, header: int, extra: bytes) -> tuple[int, int]:
    """Replace a size and a position of over 4 GB by those in the extra field."""
    wide = [size] * 2 * (size == FULL32) + [header] * (header == FULL32)
    expected = 4 + 8 * len(wide) if wide else 0
    if len(extra) != expected or (wide and extra[:4] != struct.pack("<2H", _ZIP64, expected - 4)):
        raise refused("its directory is damaged")
    values = list(struct.unpack_from(f"<{len(wide)}Q", extra, 4)) if wide else []
    if size == FULL32:
        size = values.pop(0)
        if values.pop(0) != size:
            raise refused("an entry of it is compressed, which torch.save never does")
    return size, values.pop(0) if header == FULL32 else header


def exactly(file: IO[bytes], number: int) -> bytes:
    """Read so many bytes."""
    content = file.read(number)
    if len(content) != number:
        raise refused("it is cut off")
    return content


def shown(name: bytes) -> str:
    """Return a name for a message."""
    text = name.decode("utf-8", "replace")
    if not 0 < len(name) <= _MAX_NAME or "\ufffd" in text or not text.isprintable():
        raise refused("an entry of it has a name that torch.save does not write")
    return text


def refused(reason: str) -> RefusedFileError:
    """Return the error of a file that is not as torch writes it."""
    return RefusedFileError(reason)
