from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from vidgan.video import (
    image_size,
    read_frame,
    read_labels,
    read_mask,
    to_float,
    to_uint8,
    write_frame,
)


def test_every_byte_survives_the_way_to_floats_and_back():
    values = torch.arange(256, dtype=torch.uint8)

    floats = to_float(values)

    assert floats.dtype == torch.float32
    assert (floats[0], floats[255]) == (-1, 1)
    assert torch.equal(to_uint8(floats), values)
    assert torch.equal(to_uint8(floats.double()), values)
    assert to_uint8(values) is values


def test_rounding_and_clamping():
    step = 1 / 127.5
    values = torch.tensor([-1 + 0.49 * step, -1 + 0.51 * step, -7.0, 7.0])

    assert to_uint8(values).tolist() == [0, 1, 0, 255]


def test_wrong_types_and_values():
    with pytest.raises(TypeError, match=r"to_float: frames must be uint8, got torch\.float32"):
        to_float(torch.zeros(3))
    with pytest.raises(TypeError, match=r"to_float: frames must be a torch\.Tensor, got list"):
        to_float([0])
    with pytest.raises(TypeError, match=r"to_uint8: frames must be uint8, or .*got torch\.int32"):
        to_uint8(torch.zeros(3, dtype=torch.int32))
    with pytest.raises(ValueError, match="to_uint8: frames has 1 values that are NaN"):
        to_uint8(torch.tensor([0.0, float("nan")]))


@pytest.mark.parametrize("channels", [1, 3])
def test_png_round_trip(tmp_path, channels):
    frame = torch.randint(0, 256, (channels, 5, 7), dtype=torch.uint8)
    path = tmp_path / "a.png"

    write_frame(path, frame)

    assert torch.equal(read_frame(path), frame.expand(3, 5, 7))
    assert image_size(path) == (5, 7)
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_floats_are_written_like_their_bytes(tmp_path):
    frame = torch.rand(3, 5, 7) * 2 - 1

    write_frame(tmp_path / "a.png", frame)

    assert torch.equal(read_frame(tmp_path / "a.png"), to_uint8(frame))


@pytest.mark.parametrize("name", ["a.jpg", "a.jpeg", "a.JPG"])
def test_jpeg_is_close(tmp_path, name):
    frame = torch.linspace(-1, 1, 24).expand(3, 16, 24)

    write_frame(tmp_path / name, frame)

    error = read_frame(tmp_path / name).int() - to_uint8(frame).int()
    assert error.abs().max() <= 3


def test_modes_become_rgb(tmp_path):
    for mode, name in (("L", "l.png"), ("RGBA", "rgba.png"), ("1", "bits.png"), ("P", "p.png")):
        Image.new("RGB", (7, 5), (255, 255, 255)).convert(mode).save(tmp_path / name)
        assert read_frame(tmp_path / name).tolist() == torch.full((3, 5, 7), 255).tolist()


def test_exif_orientation_is_applied(tmp_path):
    path = tmp_path / "a.jpg"
    image = Image.fromarray(np.zeros((16, 32, 3), np.uint8))
    image.paste((255, 255, 255), (0, 0, 16, 16))  # the left half is white
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise by 90 degrees to show
    image.save(path, exif=exif, quality=95)

    frame = read_frame(path)

    assert image_size(path) == frame.shape[1:] == (32, 16)
    assert frame[:, :14].min() > 200  # left has become top
    assert frame[:, 18:].max() < 50


def test_labels_of_8_and_16_bits_and_palettes(tmp_path):
    Image.fromarray(np.array([[0, 7, 255]], np.uint8)).save(tmp_path / "l.png")
    Image.fromarray(np.array([[0, 26001, 65535]], np.uint16)).save(tmp_path / "i.png")
    palette = Image.new("P", (3, 1))
    palette.putpalette([9, 9, 9, 200, 0, 0, 0, 200, 0])
    palette.putdata([0, 2, 1])
    palette.save(tmp_path / "p.png")
    Image.new("1", (3, 1), 1).save(tmp_path / "b.png")

    for name, ids in (("l", [0, 7, 255]), ("i", [0, 26001, 65535]), ("p", [0, 2, 1])):
        labels = read_labels(tmp_path / f"{name}.png")
        assert labels.dtype == torch.int64
        assert labels.tolist() == [[ids]]
    assert read_labels(tmp_path / "b.png").unique().tolist() == [1]


def test_masks_of_8_and_16_bits(tmp_path):
    Image.fromarray(np.array([[0, 51, 255]], np.uint8)).save(tmp_path / "l.png")
    Image.fromarray(np.array([[0, 13107, 65535]], np.uint16)).save(tmp_path / "i.png")
    Image.new("1", (3, 1), 1).save(tmp_path / "b.png")

    for name in ("l", "i"):
        mask = read_mask(tmp_path / f"{name}.png")
        torch.testing.assert_close(mask, torch.tensor([[[0.0, 0.2, 1.0]]]))
    assert read_mask(tmp_path / "b.png").unique().tolist() == [1.0]


def test_wrong_modes(tmp_path):
    Image.new("RGB", (7, 5)).save(tmp_path / "rgb.png")
    Image.new("L", (7, 5)).save(tmp_path / "l.jpg")
    Image.fromarray(np.zeros((5, 7), np.uint16)).save(tmp_path / "i.png")

    with pytest.raises(
        ValueError, match=r"read_labels: .*PNG with one channel of ids, got a PNG of"
    ):
        read_labels(tmp_path / "rgb.png")
    with pytest.raises(ValueError, match=r"read_labels: .*PNG with one channel of ids, got a JPEG"):
        read_labels(tmp_path / "l.jpg")
    with pytest.raises(ValueError, match=r"read_mask: .*rgb\.png must be gray, got mode RGB"):
        read_mask(tmp_path / "rgb.png")
    rule = r"read_frame: .*i\.png must have 8 bits per channel, got I"
    with pytest.raises(ValueError, match=rule):
        read_frame(tmp_path / "i.png")


@pytest.mark.parametrize("read", [read_frame, read_labels, read_mask, image_size])
def test_missing_and_other_files(tmp_path, read):
    (tmp_path / "a.png").write_text("hello")

    with pytest.raises(FileNotFoundError, match=rf"{read.__name__}: no such file: .*none\.png"):
        read(tmp_path / "none.png")
    with pytest.raises(ValueError, match=rf"{read.__name__}: .*a\.png is not a PNG or JPEG file"):
        read(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_cut_files(tmp_path, suffix):
    whole = tmp_path / f"a{suffix}"
    write_frame(whole, torch.rand(3, 32, 48) * 2 - 1)
    size = whole.stat().st_size
    cut = tmp_path / f"b{suffix}"
    for part in range(10):
        cut.write_bytes(whole.read_bytes()[: size * part // 10])
        with pytest.raises(ValueError, match=r"is cut short or damaged|is not a PNG or JPEG file"):
            read_frame(cut)


def test_wrong_frames_are_not_written(tmp_path):
    path = tmp_path / "a.png"
    for shape in ((2, 5, 7), (5, 7), (1, 3, 5, 7), (3, 0, 7)):
        with pytest.raises(ValueError, match=r"write_frame: frame must have shape \(3, H, W\) or"):
            write_frame(path, torch.zeros(shape))
    with pytest.raises(TypeError, match=r"write_frame: frame must be a torch\.Tensor, got"):
        write_frame(path, np.zeros((3, 5, 7)))
    with pytest.raises(ValueError, match=r"write_frame: path must end in \.png, .* got 'a\.bmp'"):
        write_frame(tmp_path / "a.bmp", torch.zeros(3, 5, 7))
    with pytest.raises(
        FileNotFoundError, match=r"write_frame: the folder .*none of a\.png does not"
    ):
        write_frame(tmp_path / "none" / "a.png", torch.zeros(3, 5, 7))
    assert list(tmp_path.iterdir()) == []


def test_reads_real_frames(shared):
    frame = read_frame(shared / "realdata" / "face" / "images" / "seq0001" / "00000.jpg")

    assert frame.shape[0] == 3
    assert frame.shape[1:] == image_size(
        shared / "realdata" / "face" / "images" / "seq0001" / "00000.jpg"
    )


def test_size_of_a_png_cut_short_names_the_file(tmp_path):
    whole = tmp_path / "whole.png"
    write_frame(whole, torch.randint(256, (3, 40, 60), dtype=torch.uint8))
    cut = tmp_path / "cut.png"
    cut.write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(ValueError, match=r"image_size: .*cut\.png is cut short or damaged"):
        image_size(cut)
