"""Makes video files with properties that vidgan's own writer does not offer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

VideoMaker = Callable[..., Path]


def quadrants(height: int, width: int, shift: int = 0) -> np.ndarray:
    """Red top left, green top right, blue bottom left, white bottom right: (H, W, 3)."""
    image = np.zeros((height, width, 3), np.uint8)
    top, left = height // 2, width // 2
    image[:top, :left] = (255, 0, 0)
    image[:top, left:] = (0, 255, 0)
    image[top:, :left] = (0, 0, 255)
    image[top:, left:] = (255, 255, 255)
    return np.roll(image, shift, axis=1)


@pytest.fixture
def make_video(tmp_path: Path) -> VideoMaker:
    """A function that encodes quadrants at given times, in milliseconds, with PyAV itself."""
    av = pytest.importorskip("av")

    def make(
        name: str,
        times: Sequence[int] = tuple(range(0, 800, 100)),
        *,
        size: tuple[int, int] = (32, 48),
        rotation: int | None = None,
        mirrored: bool = False,
        container: str | None = None,
        moving: bool = False,
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w", format=container) as output:
            stream = output.add_stream("libx264", rate=1000, options={"crf": "10"})
            stream.height, stream.width = size
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = Fraction(1, 1000)
            stream.time_base = Fraction(1, 1000)
            if rotation is not None:
                if not hasattr(stream, "set_display_rotation"):
                    pytest.skip("this PyAV cannot write a display matrix")
                stream.set_display_rotation(rotation, hflip=mirrored)
            for index, time in enumerate(times):
                image = quadrants(*size, shift=3 * index if moving else 0)
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts, frame.time_base = time, Fraction(1, 1000)
                output.mux(stream.encode(frame))
            output.mux(stream.encode())
        return path

    return make
