"""The script that predicts future frames: it learns in a few steps, and its seed decides."""

from functools import partial

import pytest
import torch

from tests.examples.sheets import check_sheet

pytest.importorskip("tqdm")


@pytest.fixture
def run(train_script):
    return partial(train_script, "future_frames.py")


def test_the_error_falls(run):
    (before, *_), first, _ = run(1)
    (after, *_), last, folder = run(30)
    assert after < 0.95 * before
    check_sheet(folder / "contact_sheet.png", rows=3, columns=9, size=(32, 48))
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
