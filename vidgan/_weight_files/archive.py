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

from vidgan._weight_files.directory import (
    FULL32,
    Listed,
    exactly,
    read_directory,
    read_end,
    refused,
    shown,
)

_CHUNK = 1 << 20
_LOCAL = struct.Struct("<4s5H3I2H")
_PADDING = 0x4246  # the kind of an extra field


@dataclass(frozen=True)
class Entry:
    """A file in the archive: where its data lies, and its checksum."""

    name: str
    start: int
    size: int
    crc: int


def read_entries(file: IO[bytes], size: int, *, checksums: bool) -> dict[str, Entry]:
    """Check the structure of a zip file, and return its entries by name.

    Args:
        file: the file, open for reading.
        size: its size in bytes.
        checksums: whether to compute those of the data.

    Raises:
        RefusedFileError: it is not as torch writes it.
    """
    number, start, length, end = read_end(file, size)
    if start + length != end:  # so neither of them is beyond the file
        raise refused("its directory does not end where it must")
    file.seek(start)
    listed = read_directory(exactly(file, length), number, start)
    entries: dict[str, Entry] = {}
    position = 0
    for each in listed:
        if each.header != position:
            raise refused("its entries overlap, or there is a gap between them")
        entry, position = _read_local(file, each, start)
        if entry.name in entries:
            raise refused(f"it has two entries {entry.name!r}")
        entries[entry.name] = entry
    if position != start:
        raise refused("there is a gap before its directory")
    for entry in entries.values() if checksums else ():
        _check_crc(file, entry)
    return entries


def _read_local(file: IO[bytes], listed: Listed, end: int) -> tuple[Entry, int]:
    """Compare the header of an entry with the directory; return the entry and where it ends."""
    file.seek(listed.header)
    mark, version, flags, method, time, date, crc, packed, size, name_length, extra_length = (
        _LOCAL.unpack(exactly(file, _LOCAL.size))
    )
    name = exactly(file, name_length)
    what = shown(name)
    same = (version, flags, time, date) == (listed.version, listed.flags, listed.time, listed.date)
    if mark != b"PK\3\4" or name != listed.name or not same or method:
        raise refused(f"the header of its entry {what} differs from its directory")
    behind = bool(flags & 8)  # the checksum and the sizes stand behind the data, and 0 here
    _check_extra(exactly(file, extra_length), listed, what)
    small = 0 if behind else min(listed.size, FULL32)
    if (crc, packed, size) != (0 if behind else listed.crc, small, small):
        raise refused(f"the header of its entry {what} differs from its directory")
    start = listed.header + _LOCAL.size + name_length + extra_length
    stop = start + listed.size
    if behind:
        file.seek(stop)
        # torch writes long sizes for what is or begins beyond 4 GB
        long = max(listed.size, listed.header) >= FULL32
        tail = struct.Struct("<4sI2Q" if long else "<4s3I")
        expected = (b"PK\7\10", listed.crc, listed.size, listed.size)
        if tail.unpack(exactly(file, tail.size)) != expected:
            raise refused(f"the checksum of its entry {what} differs from its directory")
        stop += tail.size
    if stop > end:
        raise refused(f"its entry {what} reaches into its directory")
    return Entry(what, start, listed.size, listed.crc), stop


def _check_extra(extra: bytes, listed: Listed, name: str) -> None:
    """Check what stands before the data: long sizes as in the directory, and a padding."""
    wide = listed.wide
    if listed.size >= FULL32:  # the packed size is not known yet where torch writes this
        wide = wide[:12] + bytes(8) + wide[20:]
    padding = extra[len(wide) :]
    if extra[: len(wide)] != wide:
        raise refused(f"the sizes of its entry {name} are damaged")
    if padding and padding != struct.pack("<2H", _PADDING, len(padding) - 4 & 0xFFFF) + b"Z" * (
        len(padding) - 4
    ):
        raise refused(f"the padding of its entry {name} is damaged")


def _check_crc(file: IO[bytes], entry: Entry) -> None:
    file.seek(entry.start)
    crc, left = 0, entry.size
    while left:
        chunk = exactly(file, min(left, _CHUNK))
        crc, left = zlib.crc32(chunk, crc), left - len(chunk)
    if crc != entry.crc:
        raise refused(f"the checksum of its entry {entry.name} is wrong")
