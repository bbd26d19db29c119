"""Container structures written by hand."""

from __future__ import annotations

import pytest

from vidgan.video._truncation import declared_bytes


def box(kind: bytes, payload: int) -> bytes:
    return (8 + payload).to_bytes(4, "big") + kind + bytes(payload)


def matroska(length: bytes, payload: int = 20) -> bytes:
    header = b"\x1a\x45\xdf\xa3" + b"\x84" + bytes(4)
    return header + b"\x18\x53\x80\x67" + length + bytes(payload)


@pytest.mark.parametrize(
    ("data", "declared"),
    [
        (box(b"ftyp", 8) + box(b"moov", 20) + box(b"mdat", 30), 16 + 28 + 38),
        (box(b"ftyp", 8) + box(b"mdat", 30)[:-5], 16 + 38),  # cut
        (box(b"ftyp", 8) + box(b"mdat", 30) + box(b"free", 9)[:-5], 16 + 38),  # cut in padding
        (box(b"ftyp", 8) + box(b"moov", 30) + b"rubbish at the end", 16 + 38),
        (box(b"ftyp", 8) + bytes(4) + b"mdat" + bytes(20), None),  # up to the end of the file
        (box(b"ftyp", 8) + (1).to_bytes(4, "big") + b"mdat" + (100).to_bytes(8, "big"), 116),
        (matroska(b"\x94"), 9 + 5 + 20),  # 1-byte length
        (matroska(b"\x40\x14"), 9 + 6 + 20),  # 2-byte length
        (matroska(b"\x01" + (500).to_bytes(7, "big")), 9 + 12 + 500),  # 8-byte length
        (matroska(b"\x01" + b"\xff" * 7), None),  # unknown, as in a live stream
        (matroska(b"\xff"), None),
        (matroska(b"\x00"), None),
        (b"\x1a\x45\xdf\xa3" + b"\x84" + bytes(20), None),  # no segment
        (b"\x1a\x45\xdf\xa3", None),
        (b"RIFF" + (100).to_bytes(4, "little") + b"AVI LIST", 108),
        (b"RIFF" + (100).to_bytes(4, "little") + b"WAVEfmt ", None),
        (b"GIF89a" + bytes(20), None),
        (b"", None),
    ],
)
def test_declared_bytes(tmp_path, data, declared):
    (tmp_path / "a").write_bytes(data)

    assert declared_bytes(tmp_path / "a") == declared
