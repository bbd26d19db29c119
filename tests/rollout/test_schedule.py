"""When a training grows."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidgan.rollout import GrowthSchedule, GrowthStage

OPTIONS = {
    "num_scales": st.integers(1, 4),
    "first_clip_length": st.integers(1, 20),
    "longer": st.integers(0, 50),
    "backprop_length": st.integers(1, 8),
    "num_rates": st.integers(0, 4),
    "num_frames": st.integers(2, 4),
    "warmup": st.floats(0, 1),
}


def test_by_hand() -> None:
    schedule = GrowthSchedule(
        num_scales=2,
        clip_length=12,
        first_clip_length=4,
        backprop_length=3,
        num_rates=2,
        freeze_coarse=0.5,
        warmup=0.1,
    )
    # Lengths 4, 8, 12; rate 0 needs 3 frames, rate 1 needs 7.
    assert schedule.lengths == [4, 8, 12]
    assert schedule.at(0) == GrowthStage(1, False, 4, 1, (1.0,))
    assert schedule.at(0.2) == GrowthStage(1, False, 8, 2, (1.0, pytest.approx(1 / 3)))
    assert schedule.at(0.4) == GrowthStage(1, False, 12, 3, (1.0, 1.0))
    assert schedule.at(0.5) == GrowthStage(2, True, 4, 1, (1.0, 1.0))
    assert schedule.at(0.7) == GrowthStage(2, True, 8, 2, (1.0, 1.0))
    assert schedule.at(0.75) == GrowthStage(2, False, 8, 2, (1.0, 1.0))
    assert schedule.at(1) == GrowthStage(2, False, 12, 3, (1.0, 1.0))


def test_doubling_stops_at_the_maximum() -> None:
    assert GrowthSchedule(first_clip_length=4, clip_length=30).lengths == [4, 8, 16, 30]
    assert GrowthSchedule(first_clip_length=6, clip_length=6).lengths == [6]


def test_rates_that_never_fit_are_left_out() -> None:
    schedule = GrowthSchedule(first_clip_length=6, clip_length=18, num_rates=3)
    assert schedule.num_rates == 2
    assert len(GrowthSchedule(first_clip_length=6, clip_length=19, num_rates=3).rate_starts) == 3


@given(progress=st.lists(st.floats(0, 1), min_size=2, max_size=20), **OPTIONS)
def test_laws(progress, num_scales, first_clip_length, longer, num_frames, **options) -> None:
    clip_length = first_clip_length + longer
    schedule = GrowthSchedule(
        num_scales=num_scales,
        first_clip_length=first_clip_length,
        clip_length=clip_length,
        num_frames=num_frames,
        **options,
    )
    stages = [schedule.at(p) for p in sorted(progress)]

    for stage in stages:
        assert first_clip_length <= stage.clip_length <= clip_length
        assert 1 <= stage.backprop_length <= min(options["backprop_length"], stage.clip_length)
        assert all(0 < weight <= 1 for weight in stage.rate_weights)
        assert len(stage.rate_weights) <= schedule.num_rates <= options["num_rates"]
        assert not (stage.freeze_coarse and stage.num_scales == 1)
    for before, after in pairwise(stages):
        assert before.num_scales <= after.num_scales
        assert len(before.rate_weights) <= len(after.rate_weights)
        weights = zip(before.rate_weights, after.rate_weights, strict=False)
        assert all(a <= b for a, b in weights)
        if before.num_scales == after.num_scales:
            assert before.clip_length <= after.clip_length
            assert before.freeze_coarse >= after.freeze_coarse
    last = schedule.at(1)
    assert (last.num_scales, last.clip_length) == (num_scales, clip_length)
    assert len(last.rate_weights) == schedule.num_rates


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"num_scales": 0}, "num_scales must be at least 1, got 0"),
        ({"first_clip_length": 0}, "first_clip_length must be at least 1, got 0"),
        ({"first_clip_length": 31}, "first_clip_length must be at most clip_length = 30, got 31"),
        ({"backprop_length": 0}, "backprop_length must be at least 1, got 0"),
        ({"num_rates": -1}, "num_rates must be at least 0, got -1"),
        ({"num_frames": 1}, "num_frames must be at least 2, got 1"),
        ({"freeze_coarse": 1.5}, r"freeze_coarse must lie in \[0, 1\], got 1.5"),
        ({"warmup": -0.1}, r"warmup must lie in \[0, 1\], got -0.1"),
    ],
)
def test_bad_options_raise(options, rule: str) -> None:
    with pytest.raises(ValueError, match=f"GrowthSchedule: {rule}"):
        GrowthSchedule(**options)


@pytest.mark.parametrize("progress", [-0.1, 1.1, float("nan")])
def test_progress_out_of_range_raises(progress: float) -> None:
    with pytest.raises(ValueError, match=r"GrowthSchedule.at: progress must lie in \[0, 1\], got"):
        GrowthSchedule().at(progress)
