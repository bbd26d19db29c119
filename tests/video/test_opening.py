"""Files with several pictures' streams: which of them is read."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vidgan.video import VideoReader, read_video

av = pytest.importorskip("av")

COVER, DEFAULT, OTHER = "attached_pic", "default", None
WANTED, UNWANTED = 60, 250


def write(path: Path, *streams: tuple[str | None, int]) -> Path:
    """Write streams of a gray level each; a cover is one JPEG, larger than the frames."""
    flags = {"attached_pic": 1024, "default": 1, "still_image": 0x100000, None: 0}
    with av.open(str(path), "w") as output:
        opened = []
        for flag, gray in streams:
            is_video = flag in (DEFAULT, OTHER)
            stream = output.add_stream("libx264" if is_video else "mjpeg", rate=30)
            stream.width = stream.height = 32 if gray == WANTED else 64
            stream.pix_fmt = "yuv420p" if is_video else "yuvj420p"
            if not hasattr(type(stream), "disposition"):
                pytest.skip("this PyAV does not know dispositions")
            stream.disposition = flags[flag]
            opened.append((stream, gray, 8 if is_video else 1))
        for stream, gray, count in opened:
            image = np.full((stream.height, stream.width, 3), gray, np.uint8)
            for index in range(count):
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts, frame.time_base = index, Fraction(1, 30)
                output.mux(stream.encode(frame))
            output.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("name", "streams"),
    [
        ("a.mp4", [(COVER, UNWANTED), (DEFAULT, WANTED)]),
        ("a.mp4", [(OTHER, UNWANTED), (DEFAULT, WANTED)]),
        ("a.mkv", [(OTHER, UNWANTED), (DEFAULT, WANTED)]),
        ("a.mkv", [(DEFAULT, WANTED), (OTHER, UNWANTED)]),
        ("a.mkv", [(OTHER, WANTED), (OTHER, UNWANTED)]),
    ],
)
def test_the_stream_that_players_show(tmp_path, name, streams):
    video = read_video(write(tmp_path / name, *streams))

    assert video.frames.shape == (8, 3, 32, 32)
    assert abs(int(video.frames.float().mean()) - WANTED) <= 2
    assert video.fps == 30


def test_a_cover_attached_to_matroska(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as output:
        if not hasattr(output, "add_attachment"):
            pytest.skip("this PyAV cannot attach files")
        picture = tmp_path / "cover.png"
        import torch

        from vidgan.video import write_frame

        write_frame(picture, torch.zeros(3, 64, 64))
        output.add_attachment("cover.png", "image/png", picture.read_bytes())
        stream = output.add_stream("libx264", rate=30)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), WANTED, np.uint8), format="rgb24")
        output.mux(stream.encode(frame))
        output.mux(stream.encode())

    assert read_video(path).frames.shape == (1, 3, 32, 32)


def test_a_cover_alone_is_no_video(tmp_path):
    path = write(tmp_path / "a.mp4", (COVER, UNWANTED))

    with pytest.raises(ValueError, match=r"a\.mp4 has no video stream \(1 cover pictures, which"):
        read_video(path)


def test_frames_of_too_many_pixels_are_refused_before_they_are_decoded(tmp_path):
    # A GIF whose header promises 14000 x 14000 pixels, 0.6 GB a frame.
    path = tmp_path / "a.gif"
    image = bytes.fromhex("2c0000000001000100000002024401003b")
    path.write_bytes(b"GIF89a" + b"\xb0\x36\xb0\x36\x80\0\0" + bytes(3) + b"\xff" * 3 + image)

    for read in (read_video, VideoReader):
        with pytest.raises(
            ValueError, match=r"read_video: .*a\.gif has too many pixels; .* at most 33554432, got"
        ):
            read(path)
