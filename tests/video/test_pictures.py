"""Pictures as other programs write them, assembled chunk by chunk."""

from __future__ import annotations

import struct
import zlib

import pytest
import torch
from PIL import Image, PngImagePlugin

from vidgan.data import check_data
from vidgan.video import image_size, read_frame, read_labels, read_mask

GRAY, RGB, PALETTE, GRAY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
READERS = [read_frame, read_labels, read_mask, image_size]


def chunk(kind: bytes, data: bytes, *, checksum: int | None = None) -> bytes:
    value = zlib.crc32(kind + data) if checksum is None else checksum
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", value)


def png(size, bits, color, row, *, before=b"", after=b"") -> bytes:
    """A PNG whose rows are all ``row``, with chunks before and after its pixels."""
    height, width = size
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    rows = zlib.compress((b"\0" + row) * height)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + before
        + chunk(b"IDAT", rows)
        + after
        + chunk(b"IEND", b"")
    )


def exif(orientation: int) -> bytes:
    image = Image.Exif()
    image[0x0112] = orientation
    return image.tobytes()[6:]  # without "Exif\0\0"


@pytest.mark.parametrize(
    ("color", "channels"), [(GRAY, 1), (RGB, 3), (GRAY_ALPHA, 2), (RGB_ALPHA, 4)]
)
def test_frames_of_16_bits_are_refused_by_the_depth_of_the_file(tmp_path, color, channels):
    sequence = tmp_path / "images" / "walk"
    sequence.mkdir(parents=True)
    file = sequence / "00000.png"
    file.write_bytes(png((8, 8), 16, color, struct.pack(">H", 1023) * 8 * channels))

    with pytest.raises(
        ValueError,
        match=r"read_frame: .*0\.png must have 8 bits per channel, got .* of 16 bits",
    ):
        read_frame(file)
    for quick in (False, True):
        found = check_data(tmp_path, clip_length=1, past_frames=0, quick=quick).problems
        assert [problem.code for problem in found] == ["wrong_pixels"]
        assert "of 16 bits" in found[0].examples[0]


def test_densepose_of_16_bits_is_reported(tmp_path):
    for kind, bits in (("images", 8), ("densepose", 16)):
        sequence = tmp_path / kind / "walk"
        sequence.mkdir(parents=True)
        row = bytes(8 * 3 * bits // 8)
        (sequence / "00000.png").write_bytes(png((8, 8), bits, RGB, row))

    assert "wrong_pixels" in [problem.code for problem in check_data(tmp_path).problems]


@pytest.mark.parametrize(
    ("bits", "row", "ids"),
    [
        (1, b"\x50", [0, 1, 0, 1]),
        (2, b"\x1b", [0, 1, 2, 3]),
        (4, b"\x0f\x37", [0, 15, 3, 7]),
        (8, bytes([0, 1, 19, 255]), [0, 1, 19, 255]),
        (16, struct.pack(">4H", 0, 1, 26001, 65535), [0, 1, 26001, 65535]),
    ],
)
def test_labels_are_the_ids_stored(tmp_path, bits, row, ids):
    file = tmp_path / "a.png"
    file.write_bytes(png((2, 4), bits, GRAY, row))

    assert read_labels(file).tolist() == [[ids, ids]]
    shares = torch.tensor(ids) / (2**bits - 1)
    torch.testing.assert_close(read_mask(file), shares.expand(1, 2, 4))

    if bits <= 8:
        colors = chunk(b"PLTE", bytes(range(3)) * 2**bits)
        file.write_bytes(png((2, 4), bits, PALETTE, row, before=colors))
        assert read_labels(file).tolist() == [[ids, ids]]


LARGE = bytes(2_000_000)
ONE_MEGABYTE = zlib.compress(LARGE[:1_000_000])
METADATA = {
    "XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(LARGE)),
    "text": chunk(b"zTXt", b"workflow\0\0" + zlib.compress(LARGE)),
    "profile": chunk(b"iCCP", b"profile\0\0" + zlib.compress(LARGE)),
    "many texts": 80 * chunk(b"zTXt", b"workflow\0\0" + ONE_MEGABYTE),
    "unknown profile": chunk(b"iCCP", b"profile\0\7" + zlib.compress(b"abc")),
    "wrong checksum": chunk(b"tEXt", b"Title\0abc", checksum=7),
}


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("name", METADATA)
def test_metadata_does_not_matter(tmp_path, name, place):
    sequence = tmp_path / "images" / "walk"
    sequence.mkdir(parents=True)
    file = sequence / "00000.png"
    turned = chunk(b"eXIf", exif(6))  # turn clockwise by 90 degrees to show
    row = bytes([10, 20, 30, 40])
    file.write_bytes(png((2, 4), 8, GRAY, row, **{place: METADATA[name] + turned}))

    column = torch.tensor([10, 20, 30, 40]).view(1, 4, 1)
    assert read_frame(file).tolist() == column.expand(3, 4, 2).tolist()
    assert read_labels(file).tolist() == column.expand(1, 4, 2).tolist()
    assert read_mask(file).mul(255).round().tolist() == column.expand(1, 4, 2).tolist()
    assert image_size(file) == (4, 2)
    assert not check_data(tmp_path, clip_length=1, past_frames=0).problems


@pytest.mark.parametrize("read", READERS)
def test_too_many_pixels_are_refused_by_name(tmp_path, read):
    file = tmp_path / "a.png"
    file.write_bytes(png((10_000, 20_000), 1, GRAY, bytes(2500)))

    with pytest.raises(
        ValueError, match=rf"{read.__name__}: .*a\.png has too many pixels; downsample or crop"
    ):
        read(file)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("read", READERS)
def test_a_warning_made_an_error_names_the_file(tmp_path, read, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    file = tmp_path / "a.png"
    file.write_bytes(png((4, 4), 8, GRAY, bytes(4)))

    with pytest.raises(ValueError, match=rf"{read.__name__}: .*a\.png has too many pixels"):
        read(file)


@pytest.mark.parametrize("read", READERS)
def test_any_damage_gives_one_error_that_names_the_file(tmp_path, read):
    text = PngImagePlugin.PngInfo()
    text.add_itxt("Title", "a picture", zip=True)
    whole = tmp_path / "whole.png"
    Image.linear_gradient("L").resize((16, 8)).save(whole, pnginfo=text, exif=exif(8))
    data = bytearray(whole.read_bytes())
    generator = torch.Generator().manual_seed(0)
    file = tmp_path / "a.png"
    for position in range(len(data)):
        broken = data.copy()
        broken[position] = int(torch.randint(256, (), generator=generator))
        file.write_bytes(broken)
        try:
            read(file)
        except ValueError as error:
            assert f"{read.__name__}: {file}" in str(error)  # noqa: PT017 - reading may succeed


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # Pillow's, about a JPEG
@pytest.mark.parametrize(
    "data", [b"", b"II*\0", b"rubbish" * 9, exif(6)[:12], b"MM\0*\xff\xff\xff"]
)
def test_broken_exif_data_turn_nothing(tmp_path, data):
    file = tmp_path / "a.png"
    file.write_bytes(png((2, 4), 8, GRAY, bytes([10, 20, 30, 40]), before=chunk(b"eXIf", data)))

    assert image_size(file) == read_frame(file).shape[1:] == (2, 4)
    Image.new("RGB", (4, 2)).save(tmp_path / "a.jpg", exif=b"Exif\0\0" + data)
    assert image_size(tmp_path / "a.jpg") == read_frame(tmp_path / "a.jpg").shape[1:] == (2, 4)


@pytest.mark.parametrize("value", range(1, 9))
def test_all_orientations(tmp_path, value):
    # Where row 0 and column 0 of the file are shown, by the EXIF standard (tag 0x0112).
    shown = {
        1: [[1, 2], [3, 4]],
        2: [[2, 1], [4, 3]],
        3: [[4, 3], [2, 1]],
        4: [[3, 4], [1, 2]],
        5: [[1, 3], [2, 4]],
        6: [[3, 1], [4, 2]],
        7: [[4, 2], [3, 1]],
        8: [[2, 4], [1, 3]],
    }[value]
    file = tmp_path / "a.png"
    Image.frombytes("L", (2, 2), bytes([1, 2, 3, 4])).save(file, exif=exif(value))

    assert read_labels(file).tolist() == [shown]
    assert read_frame(file)[0].tolist() == shown
    assert read_mask(file).mul(255).round().tolist() == [shown]


def test_check_data_and_the_reader_agree_on_a_picture_that_is_too_large(tmp_path):
    for kind in ("images", "labels"):
        (tmp_path / kind / "walk").mkdir(parents=True)
        data = png((10_000, 20_000), 1, GRAY, bytes(2500))
        (tmp_path / kind / "walk" / "00000.png").write_bytes(data)

    found = check_data(tmp_path, clip_length=1, past_frames=0, quick=True).problems
    assert [problem.code for problem in found] == ["unreadable", "unreadable"]
    assert all("too many pixels" in problem.examples[0] for problem in found)
