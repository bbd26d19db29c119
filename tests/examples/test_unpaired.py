"""Unpaired translation between two domains of video."""

import re

import pytest
import torch

from tests.examples.sheets import check_sheet

pytest.importorskip("tqdm")


def test_the_script_learns_and_writes_its_picture(run_script):
    out, printed = run_script("unpaired.py", "--steps", 25)
    check_sheet(out / "unpaired.png", rows=4, columns=16, size=(32, 32))
    before, after = map(float, re.search(r"(\S+) before, (\S+) after", printed).groups())
    assert after < before


def test_no_clip_is_shown_in_both_domains(script_variables):
    script = script_variables("unpaired.py", "--steps", 1)
    night = script["night"]
    held_out, days, nights = (script[name] for name in ("held_out", "days", "nights"))
    for clip in (*days, *held_out):
        assert all(not torch.allclose(night(clip), other) for other in nights)
    assert all(not torch.allclose(clip, other) for clip in held_out for other in days)
