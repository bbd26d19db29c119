import pytest
import torch

from vidgan.conditions._random import draw_kept


def test_nothing_is_dropped_with_probability_zero():
    assert draw_kept(5, 0.0, None, "f") == [True] * 5


def test_everything_is_dropped_with_probability_one():
    assert draw_kept(5, 1.0, torch.Generator().manual_seed(0), "f") == [False] * 5


def test_share_of_dropped_parts():
    kept = draw_kept(20000, 0.05, torch.Generator().manual_seed(0), "f")
    # Standard deviation of the share: sqrt(0.05 * 0.95 / 20000) = 0.0015.
    assert 1 - sum(kept) / 20000 == pytest.approx(0.05, abs=0.006)


def test_generator_decides():
    first, second = (draw_kept(50, 0.5, torch.Generator().manual_seed(3), "f") for _ in range(2))
    assert first == second


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan")])
def test_wrong_probability(probability):
    with pytest.raises(ValueError, match=r"f: drop_probability must lie in \[0, 1\], got"):
        draw_kept(5, probability, torch.Generator().manual_seed(0), "f")


def test_no_generator():
    with pytest.raises(ValueError, match="generator must be given where drop_probability is above"):
        draw_kept(5, 0.5, None, "f")
