"""The script that predicts future frames: it learns in a few steps, and its seed decides."""

import re
import runpy
import sys
from pathlib import Path

import pytest
import torch

from vidgan.video import read_frame

pytest.importorskip("tqdm")

SCRIPT = Path(__file__).parents[2] / "examples" / "future_frames.py"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """A function that runs the script; it returns the printed error and the script's variables."""

    def run(steps, seed=0):
        out = tmp_path / f"{steps} {seed}"
        arguments = ["--out", out, "--steps", steps, "--seed", seed]
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, arguments)])
        script = runpy.run_path(str(SCRIPT), run_name="__main__")
        (error,) = re.findall(r"^held-out error: ([\d.]+)$", capsys.readouterr().out, re.MULTILINE)
        return float(error), script, out / "contact_sheet.png"

    return run


def test_the_error_falls(run):
    before, first, _ = run(1)
    after, last, picture = run(30)
    assert after < 0.95 * before
    assert read_frame(picture).shape == (3, 3 * 34 + 2, 9 * 50 + 2)
    for name in ("generator", "discriminator"):
        old, new = (script[name].state_dict() for script in (first, last))
        assert all(not torch.equal(old[key], new[key]) for key in new if key.endswith("weight"))


def test_the_seed_decides(run):
    errors = [run(2, seed)[0] for seed in (0, 0, 1)]
    assert errors[0] == errors[1] != errors[2]


def test_the_held_out_prediction_sees_four_real_frames_and_no_other(run):
    _, script, _ = run(1)
    clips = script["clips"][script["TRAINED"] :]
    other = clips.clone()
    other[:, 4:] = 0
    assert script["sampling"](1) == 0
    with torch.no_grad():
        output, changed = (script["predict"](each, 1).frames for each in (clips, other))
    assert torch.equal(output, changed)
    other[:, 3] = 0
    with torch.no_grad():
        assert not torch.equal(script["predict"](other, 1).frames[:, 3], output[:, 3])
