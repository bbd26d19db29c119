"""Zip files of over 4 GB, which have long sizes, without writing 4 GB."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest

from tests._weight_files.hostile import P, good, number, storage, tensor, text
from vidgan._weight_files import RefusedFileError, check_torch_archive
from vidgan._weight_files.archive import read_entries

SIZE = 2**32 + 1000
FULL = 0xFFFFFFFF


def large(path: Path) -> None:
    """What torch 2.14 writes for three tensors, of 16, SIZE and 16 bytes; the middle is a hole."""
    values = [
        tensor(storage("0")),
        tensor(storage("1", SIZE, "ByteStorage"), shape=(SIZE,)),
        tensor(storage("2")),
    ]
    program = P + b"](" + b"".join(values) + b"e."
    entries = [("a/data.pkl", program, len(program)), ("a/data/0", bytes(16), 16)]
    entries += [("a/data/1", b"", SIZE), ("a/data/2", bytes(16), 16)]
    central = b""
    with path.open("wb") as file:
        for name, content, size in entries:
            header = file.tell()
            wide = struct.pack("<2Q", size, size) * (size > FULL)
            wide += struct.pack("<Q", header) * (header > FULL)
            extra = struct.pack("<2H", 1, len(wide)) + wide if wide else b""
            head = struct.pack("<5H", 0, 0x0808, 0, 0, 0)
            local = extra[:12] + bytes(8) + extra[20:] if size > FULL else extra
            local += struct.pack("<2H", 0x4246, 5) + b"ZZZZZ"
            sizes = struct.pack("<3I2H", 0, 0, 0, len(name), len(local))
            file.write(b"PK\3\4" + head + sizes + name.encode() + local + content)
            file.seek(size - len(content), io.SEEK_CUR)
            kind = "<4sI2Q" if max(size, header) > FULL else "<4s3I"
            file.write(struct.pack(kind, b"PK\7\10", 5, size, size))
            small = min(size, FULL)
            central += b"PK\1\2\0\0" + head + struct.pack("<3I", 5, small, small)
            lengths = struct.pack("<5HI", len(name), len(extra), 0, 0, 0, 0)
            central += lengths + struct.pack("<I", min(header, FULL)) + name.encode() + extra
        start = file.tell()
        ends = (len(entries), len(entries), len(central), start)
        file.write(central)
        file.write(b"PK\6\6" + struct.pack("<Q2H2I4Q", 44, 0x031E, 45, 0, 0, *ends))
        file.write(b"PK\6\7" + struct.pack("<IQI", 0, start + len(central), 1))
        file.write(b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 4, 4, len(central), FULL, 0))


def test_files_of_over_4_gb(tmp_path: Path) -> None:
    path = tmp_path / "large.pt"
    large(path)

    check_torch_archive(path, checksums=False)

    with path.open("rb") as file:
        entries = read_entries(file, path.stat().st_size, checksums=False)
    assert [entry.size for entry in entries.values()] == [entries["a/data.pkl"].size, 16, SIZE, 16]


@pytest.mark.parametrize("where", [b"PK\1\2", b"PK\6\6", b"PK\6\7"])
def test_a_flipped_bit_in_long_sizes_is_found(tmp_path: Path, where: bytes) -> None:
    path = tmp_path / "large.pt"
    large(path)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size - 600)
        start = size - 600 + file.read().rindex(where)
        for byte in range(start, start + 20):
            for bit in range(8):
                file.seek(byte)
                (old,) = file.read(1)
                file.seek(byte)
                file.write(bytes([old ^ 1 << bit]))
                file.flush()
                with pytest.raises(RefusedFileError):
                    check_torch_archive(path, checksums=False)
                file.seek(byte)
                file.write(bytes([old]))
                file.flush()
    check_torch_archive(path, checksums=False)


def test_names_that_are_not_ascii(tmp_path: Path) -> None:
    content = good().replace(b"archive/", "årchiv/".encode())
    path = tmp_path / "a.pt"
    path.write_bytes(content)
    check_torch_archive(path)
    path.write_bytes(good().replace(b"archive/", b"archiv\x00/"))
    with pytest.raises(RefusedFileError, match=r"a name that torch\.save does not write"):
        check_torch_archive(path)


def test_texts_and_numbers_of_the_helpers() -> None:
    assert (text("a"), number(3)) == (b"X\1\0\0\0a", b"J\3\0\0\0")
