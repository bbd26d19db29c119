"""Frames without a detection: what is interpolated, and where a sequence is split."""

import pytest
import torch

from examples.preparation.missing_frames import fill_gaps, stretches
from examples.preparation.preprocessing import UnusableSequenceError

FOUND = torch.tensor([int(c) for c in "0111001101111010"]).bool()


def test_a_sequence_is_split_where_frames_are_dropped():
    parts = stretches("walk", "walk.mp4", FOUND, "drop")

    assert [part.name for part in parts] == ["walk_000", "walk_001"]
    assert [part.frames for part in parts] == [range(1, 4), range(9, 13)]
    assert [part.dropped for part in parts] == [6, 3]  # two frames in a row are too few
    assert sum(part.dropped + len(part.frames) for part in parts) == len(FOUND)
    assert parts[1].source == "walk.mp4, frames 9 to 12"


@pytest.mark.parametrize(("found", "missing"), [(FOUND, "interpolate"), (FOUND | True, "drop")])
def test_a_sequence_without_dropped_frames_stays_whole(found, missing):
    assert stretches("walk", "a", found, missing) == [("walk", "a", range(len(FOUND)), 0)]


def test_one_stretch_keeps_the_name():
    (part,) = stretches("walk", "a", FOUND[:8], "drop")
    assert (part.name, part.frames, part.dropped) == ("walk", range(1, 4), 5)


def test_no_stretch_is_long_enough():
    text = r"^walk.mp4 must have at least 3 frames in a row with a detection, got 2; use --missing"
    with pytest.raises(UnusableSequenceError, match=text):
        stretches("walk", "walk.mp4", FOUND[4:9], "drop")


def test_points_are_interpolated_linearly_in_time():
    points = torch.tensor([9.0, 2.0, 9.0, 9.0, 9.0, 10.0, 9.0])[:, None, None].expand(7, 5, 2)
    filled = fill_gaps(points, torch.tensor([0, 1, 0, 0, 0, 1, 0]).bool())
    assert filled[:, 3, 1].tolist() == [2, 2, 4, 6, 8, 10, 10]
