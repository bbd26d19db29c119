"""Small prepared data folders and untrained runs."""

from __future__ import annotations

import json
import math
import re
import runpy
import shutil
import sys
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from torch.optim.swa_utils import AveragedModel

from examples.synthetic.street.data_folder import StreetConfig, make_street
from examples.vid2vid.checkpoint import FORMAT
from examples.vid2vid.command_line import run_task
from examples.vid2vid.config import ModelConfig, TrainConfig
from examples.vid2vid.networks import build_generator
from vidgan.checkpoint import CheckpointManager
from vidgan.video import write_flow, write_frame, write_frames

TINY = ModelConfig(base_channels=4, num_downsamplings=1, num_blocks=2)
_OPTIONS = """
--base-channels 4 --num-downsamplings 1 --num-blocks 1 --discriminator-channels 4
--perceptual none --steps 2 --chunk-length 4 --precision float32
"""
TINY_OPTIONS = _OPTIONS.split()


@pytest.fixture(scope="session")
def write_timed_video():
    """A function that writes uint8 frames (T, 3, H, W) to be shown at given milliseconds."""
    av = pytest.importorskip("av")

    def write(path, frames, times):
        with av.open(str(path), "w") as output:
            stream = output.add_stream("libx264", rate=1000, options={"crf": "10"})
            stream.height, stream.width, stream.pix_fmt = *frames.shape[2:], "yuv420p"
            stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
            for image, time in zip(frames, times, strict=True):
                pixels = image.permute(1, 2, 0).contiguous().numpy()
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                frame.pts, frame.time_base = time, Fraction(1, 1000)
                output.mux(stream.encode(frame))
            output.mux(stream.encode())
        return path

    return write


def texture(seed, size):
    """A picture of soft random patches in color, (3, H, W) in [0, 255]."""
    generator = torch.Generator().manual_seed(seed)
    patches = torch.rand(1, 3, 12, size[1] * 12 // size[0], generator=generator)
    smooth = torch.nn.functional.interpolate(patches, size=size, mode="bicubic")
    return smooth[0].clamp(0, 1) * 255


@pytest.fixture(scope="session")
def pan():
    """A function that returns uint8 frames of a camera that moves over a random texture."""

    def frames(count, step=1, *, seed=0, size=(72, 96)):
        wide = texture(seed, (size[0], size[1] + step * count))
        return torch.stack([wide[..., step * t : step * t + size[1]] for t in range(count)]).byte()

    return frames


@pytest.fixture
def make_data(tmp_path):
    """A function that writes a data folder: a circle of landmarks moves over a smooth image."""

    def make(name="data", *, frames=8, size=(48, 64), sequences=("walk",), images=True):
        folder = tmp_path / name
        shutil.rmtree(folder, ignore_errors=True)
        angle = torch.arange(68) * (2 * math.pi / 68)
        circle = torch.stack([14 * angle.cos(), 12 * angle.sin()], 1)
        y, x = torch.meshgrid(torch.arange(size[0]), torch.arange(size[1]), indexing="ij")
        for sequence in sequences:
            points = folder / "landmarks" / sequence
            points.mkdir(parents=True)
            video = []
            for t in range(frames):
                center = torch.tensor([28.0 + t, 24.0])
                (points / f"{t:05d}.json").write_text(json.dumps((circle + center).tolist()))
                waves = [torch.sin((x - t) / 5 + phase) * torch.cos(y / 7) for phase in range(3)]
                video.append(torch.stack(waves))
            if images:
                write_frames(folder / "images" / sequence, video)
        description = {
            "format": 1,
            "task": "edges_to_face",
            "fps": 25.0,
            "size": list(size),
            "sequences": {sequence: {"frames": frames} for sequence in sequences},
        }
        (folder / "dataset.json").write_text(json.dumps(description))
        return folder

    return make


@pytest.fixture
def make_run(tmp_path):
    """A function that writes the checkpoint of an untrained run."""

    def make(
        name="run",
        *,
        model=TINY,
        num_train_frames=5,
        condition_channels=15,
        seed=0,
        averaged_weights=None,
        **extra,
    ):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        torch.manual_seed(seed)
        config = TrainConfig(model=model, num_train_frames=num_train_frames)
        last, averaged = (build_generator(model, condition_channels) for _ in range(2))
        weights = AveragedModel(averaged).state_dict()
        if averaged_weights is not None:
            weights = averaged_weights
        state = {
            "format": FORMAT,
            "kind": "video",
            "config": json.dumps(asdict(config)),
            "task": "edges_to_face",
            "step": 7,
            "modules": {"generator": last.state_dict(), "averaged": weights},
            "optimizers": {},
        }
        CheckpointManager(folder / "checkpoints").save(7, {**state, **extra})
        return folder

    return make


@pytest.fixture
def data(make_data):
    """A folder of 12 frames with the reference flows that training needs."""
    folder = make_data(frames=12)
    for stride in (1, 3):
        for t in range(stride, 12):
            flow = folder / "flow" / f"stride{stride}" / "walk"
            mask = folder / "confidence" / f"stride{stride}" / "walk"
            flow.mkdir(parents=True, exist_ok=True)
            mask.mkdir(parents=True, exist_ok=True)
            write_flow(
                flow / f"{t:05d}.flo", torch.tensor([-1.0, 0.0]).view(2, 1, 1).expand(2, 48, 64)
            )
            write_frame(mask / f"{t:05d}.png", torch.full((1, 48, 64), 255, dtype=torch.uint8))
    return folder


@pytest.fixture
def command(capsys):
    """A function that runs a command of a task: what it printed on stderr, or its error."""

    def run(task, *arguments):
        capsys.readouterr()
        code = 0
        try:
            run_task(task, [str(part) for part in arguments])
        except SystemExit as stop:
            code = stop.code
        printed = capsys.readouterr().err
        assert code in (0, 2), printed
        assert ("error: " in printed) == (code == 2), printed
        return f"error: {printed.rpartition('error: ')[2]}" if code else printed

    return run


@pytest.fixture(scope="session")
def street(tmp_path_factory):
    """A folder of one rendered drive of 12 frames."""
    root = tmp_path_factory.mktemp("street")
    return make_street(StreetConfig(root / "data", sequences=1, frames=12, height=32, width=64))


@pytest.fixture
def fails_then_works(command):
    """A function that expects an error, follows its advice and expects success."""

    def check(task, arguments, pattern, follow):
        error = command(task, *arguments)
        advice = re.search(pattern, error)
        assert advice, error
        assert not command(task, *follow(*advice.groups())).startswith("error"), error

    return check


@pytest.fixture
def script_variables(tmp_path, monkeypatch):
    """A function that runs a flat script with arguments; it returns the script's variables."""

    def run(name, *arguments):
        script = Path(__file__).parents[2] / "examples" / name
        arguments = [*map(str, arguments), "--out", str(tmp_path / script.stem)]
        monkeypatch.setattr(sys, "argv", [str(script), *arguments])
        return runpy.run_path(str(script), run_name="__main__")

    return run


@pytest.fixture
def train_script(script_variables, tmp_path, capsys):
    """A function that trains by a flat script: the errors printed, its variables, its picture."""

    def train(name, steps, seed=0):
        script = script_variables(name, "--steps", steps, "--seed", seed)
        printed = re.findall(r"^[a-z -]+: ([\d.]+)$", capsys.readouterr().out, re.MULTILINE)
        return [float(error) for error in printed], script, tmp_path / Path(name).stem

    return train


@pytest.fixture
def run_script(script_variables, tmp_path, capsys):
    """A function that runs a flat script; it returns the folder written and what was printed."""

    def run(name, *arguments):
        script_variables(name, *arguments)
        return tmp_path / Path(name).stem, capsys.readouterr().out

    return run
