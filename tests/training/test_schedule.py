"""Weights of losses over the steps."""

from __future__ import annotations

import pytest

from vidgan.training import LossSchedule


def test_constant_by_default() -> None:
    assert [LossSchedule(0.3)(step) for step in (0, 1, 1000)] == [0.3] * 3


def test_rises_after_its_start() -> None:
    schedule = LossSchedule(2.0, start=400, ramp=199)
    assert [schedule(step) for step in (0, 399, 400, 499, 599, 5000)] == [0, 0, 0.01, 1, 2, 2]


def test_lazy_regularization_has_the_same_sum() -> None:
    lazy, every_step = LossSchedule(0.5, start=3, every=4), LossSchedule(0.5, start=3)
    assert [step for step in range(12) if lazy(step)] == [3, 7, 11]
    assert sum(map(lazy, range(3, 43))) == sum(map(every_step, range(3, 43)))


@pytest.mark.parametrize(("name", "value"), [("start", -1), ("ramp", -1), ("every", 0)])
def test_bad_arguments(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least {value + 1}, got {value}"):
        LossSchedule(**{name: value})
