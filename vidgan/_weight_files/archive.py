"""The zip files of ``torch.save``: every byte of their structure is accounted for.

Such a file is a row of entries without a gap, each a header, a name, a padding of ``Z``, the data
and its checksum, then a directory that repeats it all, then its end. What stands twice must agree,
and what torch always writes alike must be so. Therefore a bit that is flipped anywhere is found,
and nothing can hide between the entries, before or behind them.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import IO

from vidgan._weight_files.stand_ins import RefusedFileError

_MAX_ENTRIES = 10_000
_MAX_NAME = 1000
_CHUNK = 1 << 20
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
# torch has no date and no attributes, names in UTF-8, and the checksum behind the data
_FLAGS = (0x0808, 0x0800, 0x0008, 0)
_VERSIONS_MADE = (0, 0x031E)
_PADDING, _ZIP64 = 0x4246, 1


@dataclass(frozen=True)
class Entry:
    """A file in the archive: where its data lies, and its checksum."""

    name: str
    start: int
    size: int
    crc: int


@dataclass(frozen=True)
class _Listed:
    """An entry as the directory lists it."""

    name: bytes
    header: int
    size: int
    crc: int
    version: int
    flags: int
    time: int
    date: int


def read_entries(file: IO[bytes], size: int, *, checksums: bool) -> dict[str, Entry]:
    """Check the structure of a zip file, and return its entries by name.

    Args:
        file: the file, open for reading.
        size: its size in bytes.
        checksums: whether to compute those of the data.

    Raises:
        RefusedFileError: it is not as torch writes it.
    """
    number, start, length, end = _read_end(file, size)
    file.seek(start)
    listed = _read_directory(_exactly(file, length), number, start)
    if start + length != end:
        raise _refused("its directory does not end where it must")
    entries: dict[str, Entry] = {}
    position = 0
    for each in listed:
        if each.header != position:
            raise _refused("its entries overlap, or there is a gap between them")
        entry, position = _read_local(file, each, start)
        if entry.name in entries:
            raise _refused(f"it has two entries {entry.name!r}")
        entries[entry.name] = entry
    if position != start:
        raise _refused("there is a gap before its directory")
    for entry in entries.values() if checksums else ():
        _check_crc(file, entry)
    return entries


def _read_end(file: IO[bytes], size: int) -> tuple[int, int, int, int]:
    """Return the number of entries, the start, length and end of the directory."""
    if size < _END.size:
        raise _refused("it is too short")
    file.seek(size - _END.size)
    mark, disk, first, here, number, length, start, comment = _END.unpack(_exactly(file, _END.size))
    if mark != b"PK\5\6" or comment:
        raise _refused("it does not end as a zip file of torch.save")
    end = size - _END.size
    where = end - _LOCATOR.size - _END64.size
    if where > 0:
        file.seek(where)
        wide = _exactly(file, _END64.size)
        locator = _exactly(file, _LOCATOR.size)
        if locator.startswith(b"PK\6\7"):
            return _read_end64(wide, locator, where, (disk, first, here, number, length, start))
    if disk or first or here != number:
        raise _refused("it is one part of several")
    return _checked_number(number), start, length, end


def _read_end64(
    wide: bytes, locator: bytes, where: int, narrow: tuple[int, ...]
) -> tuple[int, int, int, int]:
    mark, left, made, needed, disk, first, here, number, length, start = _END64.unpack(wide)
    _, locator_disk, found, disks = _LOCATOR.unpack(locator)
    values = (disk, first, here, number, length, start)
    limits = (_FULL16,) * 4 + (_FULL32,) * 2
    shortened = tuple(min(value, limit) for value, limit in zip(values, limits, strict=True))
    if (
        (mark, left, made, needed) != (b"PK\6\6", _END64.size - 12, 0x031E, 45)
        or (locator_disk, found, disks) != (0, where, 1)
        or shortened != narrow
        or disk
        or first
        or here != number
    ):
        raise _refused("the end of its directory is damaged")
    return _checked_number(number), start, length, where


def _checked_number(number: int) -> int:
    if number > _MAX_ENTRIES:
        raise _refused(f"it has {number} entries, over {_MAX_ENTRIES}")
    return number


def _read_directory(directory: bytes, number: int, start: int) -> list[_Listed]:
    listed, position = [], 0
    for _ in range(number):
        if position + _CENTRAL.size > len(directory):
            raise _refused("its directory is too short")
        fields = _CENTRAL.unpack_from(directory, position)
        mark, made, version, flags, method, time, date, crc, packed, size = fields[:10]
        name_length, extra_length, comment, disk, internal, external, header = fields[10:]
        position += _CENTRAL.size
        name = directory[position : position + name_length]
        position += name_length
        extra = directory[position : position + extra_length]
        position += extra_length
        if mark != b"PK\1\2":
            raise _refused("its directory is damaged")
        if method or packed != size:
            raise _refused(f"its entry {_text(name)} is compressed, which torch.save never does")
        if (
            flags not in _FLAGS
            or made not in _VERSIONS_MADE
            or version not in (0, 20, 45)
            or any((internal, external, comment, disk))
        ):
            raise _refused(f"the attributes of its entry {_text(name)} are not those of torch.save")
        size, header = _widen(size, header, extra)
        if header + size > start:
            raise _refused(f"its entry {_text(name)} is larger than the file: it expands too far")
        listed.append(_Listed(name, header, size, crc, version, flags, time, date))
    if position != len(directory):
        raise _refused("its directory is too long")
    return listed


def _widen(size: int, header: int, extra: bytes) -> tuple[int, int]:
    """Replace a size and a position of over 4 GB by those in the extra field."""
    wide = [size] * 2 * (size == _FULL32) + [header] * (header == _FULL32)
    expected = 4 + 8 * len(wide) if wide else 0
    if len(extra) != expected or (wide and extra[:4] != struct.pack("<2H", _ZIP64, expected - 4)):
        raise _refused("its directory is damaged")
    values = list(struct.unpack_from(f"<{len(wide)}Q", extra, 4)) if wide else []
    if size == _FULL32:
        size = values.pop(0)
        if values.pop(0) != size:
            raise _refused("an entry of it is compressed, which torch.save never does")
    return size, values.pop(0) if header == _FULL32 else header


def _read_local(file: IO[bytes], listed: _Listed, end: int) -> tuple[Entry, int]:
    """Compare the header of an entry with the directory; return the entry and where it ends."""
    file.seek(listed.header)
    mark, version, flags, method, time, date, crc, packed, size, name_length, extra_length = (
        _LOCAL.unpack(_exactly(file, _LOCAL.size))
    )
    name = _exactly(file, name_length)
    what = _text(name)
    same = (version, flags, time, date) == (listed.version, listed.flags, listed.time, listed.date)
    if mark != b"PK\3\4" or name != listed.name or not same or method:
        raise _refused(f"the header of its entry {what} differs from its directory")
    behind = bool(flags & 8)  # the checksum and the sizes stand behind the data, and 0 here
    wide = _check_extra(_exactly(file, extra_length), listed, what)
    small = 0 if behind else (_FULL32 if wide else listed.size)
    if (crc, packed, size) != (0 if behind else listed.crc, small, small):
        raise _refused(f"the header of its entry {what} differs from its directory")
    start = listed.header + _LOCAL.size + name_length + extra_length
    stop = start + listed.size
    if behind:
        file.seek(stop)
        # torch writes long sizes for what is or begins beyond 4 GB
        long = max(listed.size, listed.header) >= _FULL32
        tail = struct.Struct("<4sI2Q" if long else "<4s3I")
        expected = (b"PK\7\10", listed.crc, listed.size, listed.size)
        if tail.unpack(_exactly(file, tail.size)) != expected:
            raise _refused(f"the checksum of its entry {what} differs from its directory")
        stop += tail.size
    if stop > end:
        raise _refused(f"its entry {what} reaches into its directory")
    return Entry(what, start, listed.size, listed.crc), stop


def _check_extra(extra: bytes, listed: _Listed, name: str) -> bool:
    """Check the padding before the data; return whether long sizes stand before it."""
    wide, position = False, 0
    while position < len(extra):
        if position + 4 > len(extra):
            raise _refused(f"the padding of its entry {name} is damaged")
        kind, length = struct.unpack_from("<2H", extra, position)
        value = extra[position + 4 : position + 4 + length]
        position += 4 + length
        if kind == _ZIP64 and not wide and length in (16, 24):
            numbers = struct.unpack(f"<{length // 8}Q", value)
            wide = True
            if any(number not in (0, listed.size, listed.header) for number in numbers):
                raise _refused(f"the sizes of its entry {name} are damaged")
        elif kind != _PADDING or value != b"Z" * length or position != len(extra):
            raise _refused(f"the padding of its entry {name} is damaged")
    return wide


def _check_crc(file: IO[bytes], entry: Entry) -> None:
    file.seek(entry.start)
    crc, left = 0, entry.size
    while left:
        chunk = _exactly(file, min(left, _CHUNK))
        crc, left = zlib.crc32(chunk, crc), left - len(chunk)
    if crc != entry.crc:
        raise _refused(f"the checksum of its entry {entry.name} is wrong")


def _exactly(file: IO[bytes], number: int) -> bytes:
    content = file.read(number)
    if len(content) != number:
        raise _refused("it is cut off")
    return content


def _text(name: bytes) -> str:
    text = name.decode("utf-8", "replace")
    if not 0 < len(name) <= _MAX_NAME or "\ufffd" in text or not text.isprintable():
        raise _refused("an entry of it has a name that torch.save does not write")
    return text


def _refused(reason: str) -> RefusedFileError:
    return RefusedFileError(reason)
