"""How much memory reading takes, measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from vidgan.video import write_frame

av = pytest.importorskip("av")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

HEIGHT, WIDTH, FRAMES, PICTURES = 1080, 1920, 80, 30
FRAME_MB = 3 * HEIGHT * WIDTH / 2**20

CODE = """
import json, sys
from pathlib import Path
import av, torch
from vidgan.video import iterate_video, read_frames, read_video

def memory(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))

def level():  # and start the peak again
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")

def measure(read, path):
    base = level()
    result = read(path)
    return len(getattr(result, "frames", result)), memory("VmHWM") - base

mp4, mkv, folder = sys.argv[1:]
read_frames(folder, max_frames=1)  # what is loaded on first use does not count
found = {"folder": measure(read_frames, folder)}
for count, _ in enumerate(iterate_video(mp4), start=1):
    base = level() if count == 10 else base if count > 10 else None
found["lazy"] = count, memory("VmHWM") - base
found.update(mp4=measure(read_video, mp4), mkv=measure(read_video, mkv))
print(json.dumps(found))
"""


def write(path: Path) -> Path:
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=30, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        gray = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        frame = av.VideoFrame.from_ndarray(gray, format="yuv420p")
        for index in range(FRAMES):
            frame.pts, frame.time_base = index, Fraction(1, 30)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> dict[str, tuple[int, float]]:
    """What was read -> number of frames, and the MB that reading them took at most."""
    folder = tmp_path_factory.mktemp("videos")
    paths = [write(folder / "a.mp4"), write(folder / "a.mkv"), folder]
    for index in range(PICTURES):
        write_frame(folder / f"{index}.png", torch.zeros(3, HEIGHT, WIDTH))
    command = [sys.executable, "-c", CODE, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_frames_read_one_by_one_do_not_pile_up(measured):
    count, memory = measured["lazy"]

    assert count == FRAMES
    assert memory < 10 * FRAME_MB  # 70 decoded frames would be 208 MB, and these are 59


@pytest.mark.parametrize("name", ["mp4", "mkv"])  # Matroska does not declare its frames
def test_a_video_is_not_held_twice(measured, name):
    count, memory = measured[name]

    assert count == FRAMES
    assert memory < 1.2 * FRAMES * FRAME_MB


def test_a_folder_is_not_held_twice(measured):
    count, memory = measured["folder"]

    assert count == PICTURES
    assert memory < 1.5 * PICTURES * FRAME_MB  # decoding one takes several times its size
