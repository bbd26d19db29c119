"""The script that renders label maps with SPADE norms: it learns in a few steps."""

import re
import runpy
import sys
from pathlib import Path

import pytest
import torch

from vidgan.video import read_frame

pytest.importorskip("tqdm")

SCRIPT = Path(__file__).parents[2] / "examples" / "spade_rollout.py"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """A function that runs the script; it returns the printed error and the script's variables."""

    def run(steps):
        out = tmp_path / str(steps)
        arguments = ["--out", out, "--steps", steps, "--seed", 0]
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, arguments)])
        script = runpy.run_path(str(SCRIPT), run_name="__main__")
        (error,) = re.findall(r"^held-out error: ([\d.]+)$", capsys.readouterr().out, re.MULTILINE)
        return float(error), script, out / "contact_sheet.png"

    return run


def test_the_error_falls(run):
    before, first, _ = run(1)
    after, last, picture = run(12)
    assert after < 0.95 * before
    assert read_frame(picture).shape == (3, 5 * 50 + 2, 8 * 66 + 2)
    for name in ("generator", "discriminator"):
        old, new = (script[name].state_dict() for script in (first, last))
        assert all(not torch.equal(old[key], new[key]) for key in new if key.endswith("weight"))


def test_no_frame_of_the_held_out_clip_is_trained_on(run):
    _, script, _ = run(1)
    last_trained = script["last_start"] + script["CLIP"] - 1
    assert last_trained < len(script["maps"]) - script["HELD_OUT"]
