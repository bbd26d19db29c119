"""The LeCam loss and its running means."""

from __future__ import annotations

import pytest
import torch

from tests.assertions import rand
from vidgan.functional import lecam
from vidgan.losses import LeCamLoss
from vidgan.outputs import PatchOutput


def test_means_follow_the_logits() -> None:
    loss = LeCamLoss(decay=0.75)
    loss(torch.tensor([1.0, 3.0]), torch.tensor([-4.0]))
    assert (loss.real_mean.item(), loss.fake_mean.item()) == (2, -4)  # the first update sets them
    loss(torch.tensor([6.0]), torch.tensor([0.0]))
    assert (loss.real_mean.item(), loss.fake_mean.item()) == (3, -3)

    loss.eval()(torch.tensor([100.0]), torch.tensor([100.0]))
    assert (loss.real_mean.item(), loss.fake_mean.item()) == (3, -3)


def test_sums_over_scales_with_the_same_means() -> None:
    loss = LeCamLoss(weight=0.5)
    reals = [PatchOutput(rand(2, 1, 4, 4), ()), PatchOutput(rand(2, 1, 2, 2, seed=1), ())]
    fakes = [rand(2, 1, 4, 4, seed=2), rand(2, 1, 2, 2, seed=3)]
    value = loss(reals, fakes)

    means = loss.real_mean, loss.fake_mean
    expected = [lecam(real.logits, fake, *means) for real, fake in zip(reals, fakes, strict=True)]
    torch.testing.assert_close(value, 0.5 * sum(expected))


def test_means_are_saved_and_two_calls_can_be_differentiated() -> None:
    loss, other = LeCamLoss(), LeCamLoss()
    logits = rand(2, 1, 4, 4).requires_grad_()
    first = loss(logits, -logits)
    (first + loss(2 * logits, logits)).backward()  # the second call does not disturb the first
    assert logits.grad.isfinite().all()

    other.load_state_dict(loss.state_dict())
    assert torch.equal(other.real_mean, loss.real_mean)
    assert other.num_updates == 2


def test_number_of_scales_differs() -> None:
    with pytest.raises(ValueError, match="LeCamLoss: fake must hold as many scales as real, 2"):
        LeCamLoss()([rand(2, 1), rand(2, 1)], [rand(2, 1)])
