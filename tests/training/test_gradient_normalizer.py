"""Gradients of a steady size."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.assertions import rand
from vidgan.training import GradientNormalizer


def passed(normalizer: GradientNormalizer, gradient: Tensor) -> Tensor:
    """Return what becomes of a gradient."""
    samples = torch.zeros_like(gradient, requires_grad=True)
    normalizer(samples).backward(gradient)
    return samples.grad


def test_samples_pass_unchanged() -> None:
    samples = rand(2, 3, 4)
    assert torch.equal(GradientNormalizer()(samples), samples)


@pytest.mark.parametrize("factor", [1e-4, 1.0, 1e4])
def test_size_does_not_depend_on_the_loss(factor: float) -> None:
    gradient = rand(2, 3, 4)
    got = passed(GradientNormalizer(target=0.5), factor * gradient)
    torch.testing.assert_close(got, 0.5 * gradient / (24**0.5 * gradient.norm()))


def test_running_value_by_hand() -> None:
    normalizer = GradientNormalizer(decay=0.5)
    one = torch.ones(1)
    assert passed(normalizer, 4 * one).item() == pytest.approx(1)
    # mean of 16 and 4 with weights 1/4 and 1/2, divided by 3/4
    assert passed(normalizer, 2 * one).item() == pytest.approx(2 / 8**0.5)
    normalizer.eval()
    assert passed(normalizer, 100 * one).item() == pytest.approx(100 / 8**0.5)


def test_state_is_saved_and_zero_gradients_are_harmless() -> None:
    normalizer, other = GradientNormalizer(), GradientNormalizer()
    assert passed(normalizer, torch.zeros(3)).tolist() == [0, 0, 0]
    assert normalizer.num_updates == 0  # a loss that is off yet does not count
    assert passed(normalizer, torch.ones(3)).norm().item() == pytest.approx(3**-0.5)
    other.load_state_dict(normalizer.state_dict())
    gradient = rand(3)
    assert torch.equal(passed(other.eval(), gradient), passed(normalizer.eval(), gradient))


def test_untrained_in_evaluation_mode_changes_nothing() -> None:
    gradient = rand(3)
    assert torch.equal(passed(GradientNormalizer().eval(), gradient), gradient)


def test_half_precision_keeps_its_dtype() -> None:
    assert passed(GradientNormalizer(), rand(3).bfloat16()).dtype == torch.bfloat16
