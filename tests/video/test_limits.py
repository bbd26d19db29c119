"""Limits on what pictures and videos decode to, and checksums of label maps."""

import io
import struct
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from vidgan.video import (
    VideoReader,
    image_size,
    iterate_video,
    read_flow,
    read_frame,
    read_frames,
    read_labels,
    read_mask,
    read_video,
    write_flow,
    write_frame,
    write_frames,
    write_video,
)

PICTURES = [read_frame, read_labels, read_mask, image_size]


def first_frame(path, **options):
    return next(iterate_video(path, **options))


@pytest.mark.parametrize("read", PICTURES)
def test_pixels_of_a_picture(tmp_path, read):
    write_frame(tmp_path / "a.png", torch.zeros(1, 4, 6))
    read(tmp_path / "a.png", max_pixels=24)
    rule = rf"{read.__name__}: .*a\.png has too many pixels; .* at most 23, got \(H, W\) = \(4, 6\)"
    with pytest.raises(ValueError, match=rule):
        read(tmp_path / "a.png", max_pixels=23)


@pytest.mark.parametrize("read", [read_video, first_frame])
def test_pixels_of_a_video(make_video, read):
    path = make_video("a.mp4")
    read(path, max_pixels=32 * 48)
    with pytest.raises(ValueError, match=r"a\.mp4 has too many pixels; .* got \(H, W\) = \(32, 48"):
        read(path, max_pixels=32 * 48 - 1)


def test_bytes_of_frames(make_video, tmp_path):
    write_frames(tmp_path / "frames", torch.zeros(2, 3, 4, 6))
    assert len(read_frames(tmp_path / "frames", max_bytes=2 * 72)) == 2
    assert len(read_frames(tmp_path / "frames", max_bytes=72, max_frames=1)) == 1
    with pytest.raises(ValueError, match=r"read_frames: .*frames must decode to at most 143 bytes"):
        read_frames(tmp_path / "frames", max_bytes=143)
    path, size = make_video("a.mp4"), 8 * 3 * 32 * 48
    assert len(read_video(path, max_bytes=size).frames) == 8
    with pytest.raises(ValueError, match=rf"read_video: .*a\.mp4 must decode .* got {size} \(8 fr"):
        read_video(path, max_bytes=size - 1)


def test_a_gif_that_declares_no_size_until_it_is_decoded(tmp_path):
    pytest.importorskip("av")
    content = io.BytesIO()
    Image.new("P", (1, 1)).save(content, "GIF")
    data = bytearray(content.getvalue())
    data[6:10] = struct.pack("<HH", 16_000, 16_000)  # 1 GB a frame
    (tmp_path / "a.gif").write_bytes(data)
    for read in (read_video, first_frame):
        with pytest.raises(ValueError, match=r"a\.gif .*(max_pixels|not a video)"):
            read(tmp_path / "a.gif")


def test_pixels_of_a_flow(tmp_path):
    write_flow(tmp_path / "a.flo", torch.zeros(2, 4, 6))
    np.save(tmp_path / "a.npy", np.zeros((4, 6, 2)))
    for name in ("a.flo", "a.npy"):
        assert read_flow(tmp_path / name, max_pixels=24).shape == (2, 4, 6)
        with pytest.raises(ValueError, match=rf"read_flow: .*{name} has too many pixels"):
            read_flow(tmp_path / name, max_pixels=23)


def test_compressed_arrays_of_any_size_are_refused_before_they_are_read(tmp_path):
    """Both say that they have 80 GB."""
    header = io.BytesIO()
    shape = {"descr": "<f8", "fortran_order": False, "shape": (100_000, 100_000)}
    np.lib.format.write_array_header_1_0(header, shape)
    small = io.BytesIO()
    np.save(small, np.zeros((4, 6, 2)))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("flow.npy", small.getvalue())
        archive.writestr("valid.npy", header.getvalue())
    with pytest.raises(ValueError, match=r"a\.npz must have an array 'valid' of the size"):
        read_flow(tmp_path / "a.npz")
    np.lib.format.write_array_header_1_0(
        header := io.BytesIO(), {**shape, "shape": (9**5, 9**5, 2)}
    )
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        archive.writestr("flow.npy", header.getvalue())
    with pytest.raises(ValueError, match=r"b\.npz has too many pixels"):
        read_flow(tmp_path / "b.npz")


@pytest.mark.parametrize(
    ("read", "mode"), [(read_labels, "P"), (read_labels, "L"), (read_mask, "L")]
)
def test_no_flipped_bit_changes_a_label(tmp_path, read, mode):
    """Every bit of the file: it is refused, or gives what the whole file gives."""
    file = tmp_path / "a.png"
    image = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8), "L")
    if mode == "P":
        image.putpalette(range(144))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(file, exif=exif)
    content, expected = file.read_bytes(), read(file)
    assert expected.shape == (1, 8, 6)
    refused = 0
    for bit in range(8 * len(content)):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        file.write_bytes(changed)
        try:
            assert read(file).equal(expected), bit
        except ValueError as error:
            refused += str(file) in str(error)
    assert refused == 8 * len(content)


def test_a_checksum_of_pixels_that_is_wrong(tmp_path):
    write_frame(tmp_path / "a.png", torch.zeros(1, 4, 6))
    content = bytearray((tmp_path / "a.png").read_bytes())
    content[content.index(b"IEND") - 5] ^= 1  # the last byte of the checksum of IDAT
    (tmp_path / "a.png").write_bytes(content)
    for read in (read_labels, read_mask):
        with pytest.raises(ValueError, match=r"a\.png is cut short or damaged .*'IDAT' is wrong"):
            read(tmp_path / "a.png")


def test_frames_that_ffmpeg_marks_as_corrupt(make_video):
    path = make_video("a.mp4")
    good, bad = SimpleNamespace(is_corrupt=False), SimpleNamespace(is_corrupt=True)
    with VideoReader(path) as reader:
        reader._decoded = 0
        assert list(reader._sound([good, good])) == [good, good]
        with pytest.raises(ValueError, match=r"a\.mp4 is damaged: FFmpeg marks frame 2 as corrupt"):
            list(reader._sound([bad]))
    with VideoReader(path, allow_truncated=True) as reader:
        reader._decoded = 0
        assert list(reader._sound([bad, bad, good])) == [good]  # as a stream that was cut begins
        with pytest.raises(reader._av.error.FFmpegError):  # ends the video
            list(reader._sound([bad]))


def test_damaged_frames_are_refused(tmp_path):
    pytest.importorskip("av")
    video = torch.rand(6, 3, 64, 96, generator=torch.Generator().manual_seed(0)) * 2 - 1
    write_video(tmp_path / "a.mp4", video, 10)
    content = (tmp_path / "a.mp4").read_bytes()
    start, found = content.index(b"mdat") + 1000, []
    for place in range(start, start + 4000, 200):
        changed = bytearray(content)
        changed[place] ^= 0x55
        (tmp_path / "a.mp4").write_bytes(changed)
        try:
            whole = read_video(tmp_path / "a.mp4")
        except ValueError as error:
            found.append(str(error))
        else:
            assert len(whole.frames) == 6
    assert any("marks frame" in text for text in found)
    assert all("copy it again" in text for text in found)
