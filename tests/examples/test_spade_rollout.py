"""The script that renders label maps with SPADE norms: it learns in a few steps."""

from functools import partial

import pytest
import torch

from tests.examples.sheets import check_sheet

pytest.importorskip("tqdm")


@pytest.fixture
def run(train_script):
    return partial(train_script, "spade_rollout.py")


def test_the_error_falls(run):
    (before, *_), first, _ = run(1)
    (after, *_), last, folder = run(12)
    assert after < 0.95 * before
    check_sheet(folder / "contact_sheet.png", rows=5, columns=8, size=(48, 64))
    for name in ("generator", "discriminator"):
        old, new = (script[name].state_dict() for script in (first, last))
        assert all(not torch.equal(old[key], new[key]) for key in new if key.endswith("weight"))


def test_no_frame_of_the_held_out_clip_is_trained_on(run):
    _, script, _ = run(1)
    last_trained = script["last_start"] + script["CLIP"] - 1
    assert last_trained < len(script["maps"]) - script["HELD_OUT"]
