"""The script that plays an exported model where torch cannot be imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from examples.labels_to_street.task import LabelsToStreet
from examples.vid2vid.first_frames import Start
from examples.vid2vid.generate import generate_frames
from examples.vid2vid.runs import load_run
from examples.vid2vid.sequences import DrivingSequence
from vidgan.video import read_frame, read_labels, write_frame

pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
SCRIPT = Path(__file__).parents[2] / "examples" / "play_onnx.py"


def play(*arguments):
    """Run the script in a process in which torch and vidgan cannot be imported."""
    code = (
        "import runpy, sys\n"
        "sys.modules['torch'] = sys.modules['vidgan'] = None\n"
        "sys.argv = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    command = [sys.executable, "-c", code, SCRIPT, *arguments]
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)


@pytest.fixture
def model(tmp_path, street, make_run, command):
    facts = json.loads((street / "dataset.json").read_text())
    channels = len(facts["classes"]) + bool(facts.get("instances"))
    run = make_run(condition_channels=channels, task="labels_to_street")
    out = tmp_path / "out"
    arguments = ["export", run, "--format", "onnx", "--data", street, "--out", out]
    assert command(LabelsToStreet, *arguments) == ""
    return run, out / "model.onnx"


def test_frames(tmp_path, street, model):
    run, file = model
    (labels,) = (street / "labels").iterdir()
    arguments = [file, labels, "--instances", street / "instances" / labels.name]

    done = play(*arguments, "--out", tmp_path / "frames")

    assert (done.returncode, done.stderr) == (0, "")
    task = LabelsToStreet.open(street)
    generator = load_run(run, task).generator
    want = generate_frames(generator, DrivingSequence(task), 0, 12, first=Start(()))
    written = sorted((tmp_path / "frames").iterdir())
    for path, frame in zip(written, want, strict=True):
        pixels = ((frame.frame.clamp(-1, 1) + 1) * 127.5).round()
        assert (read_frame(path) - pixels).abs().max() <= 1  # a rounding


def test_bad_input(tmp_path, street, model):
    _, file = model
    np.save(tmp_path / "other.npy", np.zeros((2, 3, 32, 64), np.float32))
    assert "the model takes condition maps (1" in play(file, tmp_path / "other.npy").stderr
    channels = json.loads(file.with_suffix(".json").read_text())["condition_channels"]
    np.save(tmp_path / "odd.npy", np.zeros((2, channels, 32, 63), np.float32))
    assert "multiples of 2, got" in play(file, tmp_path / "odd.npy").stderr
    (tmp_path / "labels").mkdir()
    first = next((street / "labels").rglob("*.png"))
    labels = torch.full_like(read_labels(first), 77).byte()
    write_frame(tmp_path / "labels" / first.name, labels)
    error = play(file, tmp_path / "labels", "--instances", street / "instances").stderr
    assert "the label 77, which is no class of the model" in error
    assert "give their folder with --instances" in play(file, tmp_path / "labels").stderr


def test_missing_files(tmp_path, model):
    _, file = model
    for labels in ("none", "none.npy"):
        error = play(file, tmp_path / labels).stderr
        assert f"error: {tmp_path / labels} must be a folder of PNG label maps or a file" in error
    error = play(tmp_path / "none.onnx", tmp_path).stderr
    assert "none.onnx and none.json beside it must exist" in error
