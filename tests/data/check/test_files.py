"""Files that cannot be read, or hold the wrong pixels."""

import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from tests.data.check.folders import SIZE, only_problem, write_folder
from vidgan.data import check_data
from vidgan.video import write_frame
from vidgan.video.flow_files import write_flow

H, W = SIZE


def check(folder, **options):
    return check_data(folder, clip_length=3, **options)


def cut(file, share):
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])


@pytest.mark.parametrize("kind", ["images", "labels", "instances", "confidence/stride1"])
def test_truncated_picture(folder, kind):
    file = folder / kind / "walk/00002.png"
    mode = "RGB" if kind == "images" else "L"
    Image.effect_noise((W, H), 99).convert(mode).save(file)
    cut(file, 0.6)
    problems = {problem.code: problem for problem in check(folder, num_classes=256).problems}
    assert problems["unreadable"].message == f"{kind}: a file must be whole and readable"
    (place,) = problems["unreadable"].examples
    assert place.startswith(f"{kind}/walk/00002.png (is cut short or damaged (")


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize(
    ("content", "got"),
    [(b"", "the file is empty"), (b"GIF89a", "not a PNG or JPEG file, or cut short")],
)
def test_no_picture(folder, content, got, quick):
    (folder / "labels/walk/00002.png").write_bytes(content)
    problem = only_problem(check(folder, quick=quick))
    assert (problem.code, problem.examples) == ("unreadable", (f"labels/walk/00002.png ({got})",))


def test_dangling_link(folder):
    file = folder / "labels/walk/00002.png"
    file.unlink()
    file.symlink_to(folder / "nowhere.png")
    (place,) = only_problem(check(folder)).examples
    assert place == "labels/walk/00002.png (No such file or directory)"


def test_enormous_picture(folder, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", H * W // 3)
    codes = {problem.code for problem in check(folder).problems}
    assert codes == {"unreadable"}


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("kind", ["labels", "instances", "confidence/stride1"])
def test_colors_instead_of_one_channel(folder, kind, quick):
    write_frame(folder / kind / "walk/00002.png", torch.ones(3, H, W))
    problem = only_problem(check(folder, quick=quick))
    assert problem.code == "wrong_pixels"
    assert problem.examples == (f"{kind}/walk/00002.png (got a PNG of mode RGB)",)


def test_jpeg_of_ids(folder):
    file = folder / "labels/walk/00002.png"
    Image.new("L", (W, H)).save(file, "JPEG")
    problem = only_problem(check(folder))
    assert problem.message == (
        "labels: a file must be a PNG with one channel of ids (8 or 16 bit, palette)"
    )
    assert problem.examples == ("labels/walk/00002.png (got a JPEG of mode L)",)


def test_image_of_16_bits(folder):
    Image.new("I;16", (W, H), 700).save(folder / "images/walk/00002.png")
    problem = only_problem(check(folder))
    assert problem.message == "images: a file must have 8 bits per channel"


def test_gray_densepose(tmp_path):
    path = write_folder(tmp_path, "pose_to_body")
    write_frame(path / "densepose/walk/00002.png", torch.ones(1, H, W))
    problem = only_problem(check(path))
    assert problem.message == "densepose: a file must be an RGB PNG"


def test_size_of_a_turned_photograph(tmp_path):
    path = write_folder(tmp_path, "edges_to_face")
    (path / "dataset.json").unlink()  # a raw folder may have JPEG frames
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying, to be shown upright
    for suffix in (".png", ".jpg"):
        (path / "images/walk/00002.png").unlink(missing_ok=True)
        Image.new("RGB", (H, W)).save((path / "images/walk/00002").with_suffix(suffix), exif=exif)
        assert check(path).is_good
        (path / "images/walk/00002").with_suffix(suffix).unlink()


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize(("share", "text"), [(0.5, "have 1932 bytes"), (0, "not a Middlebury")])
def test_truncated_flow(folder, share, text, quick):
    file = folder / "flow/stride1/walk/00002.flo"
    assert file.stat().st_size == 12 + 8 * H * W == 1932
    cut(file, share)
    problem = only_problem(check(folder, quick=quick))
    assert problem.code == "unreadable"
    assert text in problem.examples[0]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1.7e9])
def test_flow_that_is_not_finite(folder, value):
    flow = torch.zeros(2, H, W)
    flow[1] = value
    write_flow(folder / "flow/stride3/walk/00004.flo", flow)
    problem = only_problem(check(folder))
    assert problem.code == "not_finite"
    assert problem.message.startswith("flow/stride3: flow must be finite")
    assert problem.examples == (f"flow/stride3/walk/00004.flo ({H * W} of {H * W} pixels)",)
    assert check(folder, quick=True).is_good


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1.7e9])
def test_flow_that_is_unknown_at_a_pixel_does_not_count_there(folder, value):
    flow = torch.zeros(2, H, W)
    flow[1, 2, 3] = value
    write_flow(folder / "flow/stride3/walk/00004.flo", flow)
    report = check(folder)
    assert report.is_good
    (warning,) = report.warnings
    assert warning.code == "unknown_flow"
    assert warning.message == "flow/stride3: flow is unknown at pixels, which do not count"
    assert warning.examples == (f"flow/stride3/walk/00004.flo (1 of {H * W} pixels)",)


def kitti_png(known=1):
    """A KITTI flow of no motion."""
    pixels = np.full((H, W, 3), [2**15, 2**15, known], dtype=">u2")
    raw = b"".join(b"\0" + row.tobytes() for row in pixels)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", W, H, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(raw)),
        (b"IEND", b""),
    )
    parts = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_flow_of_other_formats(folder):
    for file in (folder / "flow/stride1/walk").iterdir():
        file.with_suffix(".png").write_bytes(kitti_png())
        file.unlink()
    for file in (folder / "flow/stride3/walk").iterdir():
        np.save(file.with_suffix(".npy"), np.zeros((H, W, 2), dtype=np.float32))
        file.unlink()
    assert check(folder, quick=True).is_good
    (folder / "flow/stride1/walk/00002.png").write_bytes(kitti_png(7))
    problems = {p.code: p.examples for p in check(folder).problems}
    assert problems["unreadable"][0].startswith("flow/stride1/walk/00002.png (must have 0 or 1")


def test_pictures_of_flows_lie_beside_them(folder):
    for file in (folder / "flow/stride1/walk").iterdir():
        write_frame(file.with_suffix(".png"), torch.zeros(3, H, W))
    assert check(folder).is_good
