"""The probability of real past frames over a training, and the masks that follow it."""

from __future__ import annotations

import math

import pytest
import torch

from vidgan.training import ScheduledSampling


def test_hand_numbers() -> None:
    linear = ScheduledSampling("linear", k=4, floor=0.1)
    assert [linear(step) for step in range(6)] == pytest.approx([1, 0.75, 0.5, 0.25, 0.1, 0.1])
    exponential = ScheduledSampling("exponential", k=0.5)
    assert [exponential(step) for step in range(4)] == [1, 0.5, 0.25, 0.125]
    sigmoid = ScheduledSampling("inverse_sigmoid", k=10)
    assert sigmoid(0) == pytest.approx(10 / 11)
    assert sigmoid(10) == pytest.approx(10 / (10 + math.e))
    # half where k = exp(i / k)
    assert ScheduledSampling("inverse_sigmoid", k=math.e)(math.e) == pytest.approx(0.5)
    assert sigmoid(10**9) == pytest.approx(0)


@pytest.mark.parametrize(("decay", "k"), [("linear", 50), ("exponential", 0.9)])
def test_masks_have_the_probability_of_their_step(decay: str, k: float) -> None:
    sampling = ScheduledSampling(decay, k=k)
    generator = torch.Generator().manual_seed(0)
    for step in (0, 5, 20, 49, 500):
        mask = sampling.mask(step, (100, 100), generator=generator)
        assert mask.dtype == torch.bool
        assert float(mask.double().mean()) == pytest.approx(sampling(step), abs=0.02)


def test_the_seed_decides_and_the_global_generator_is_left_alone() -> None:
    sampling = ScheduledSampling("linear", k=10)
    before = torch.get_rng_state()
    masks = [
        sampling.mask(5, (4, 8), generator=torch.Generator().manual_seed(seed))
        for seed in (0, 0, 1)
    ]
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[0], masks[2])


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"decay": "cosine"}, "decay must be one of 'linear', 'exponential', 'inverse_sigmoid'"),
        ({"decay": "linear", "k": 0}, "k of a decay 'linear' must be above 0, got 0"),
        ({"decay": "exponential", "k": 1}, "k of a decay 'exponential' must be between 0 and 1"),
        ({"k": 0.5}, "k of a decay 'inverse_sigmoid' must be at least 1, got 0.5"),
        ({"floor": 2}, r"floor must lie in \[0, 1\], got 2"),
    ],
)
def test_bad_options_raise(options: dict, rule: str) -> None:
    with pytest.raises(ValueError, match=f"ScheduledSampling: {rule}"):
        ScheduledSampling(**options)


def test_a_negative_step_raises() -> None:
    with pytest.raises(ValueError, match="ScheduledSampling: step must be at least 0, got -1"):
        ScheduledSampling()(-1)
