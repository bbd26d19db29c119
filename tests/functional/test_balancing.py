"""The adaptive weight of an adversarial loss."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.assertions import rand
from vidgan.functional import adaptive_weight


def test_by_hand() -> None:
    weight = torch.tensor([1.0, 2.0], requires_grad=True)
    reconstruction, adversarial = (3 * weight).sum(), weight.square().sum()

    # gradients (3, 3) and (2, 4)
    wanted = 18**0.5 / (20**0.5 + 1e-6)
    assert adaptive_weight(reconstruction, adversarial, weight).item() == pytest.approx(wanted)


def test_gradients_that_reach_a_part_of_the_weight() -> None:
    weight = torch.tensor([1.0, 2.0], requires_grad=True)
    factor = adaptive_weight((3 * weight).sum(), weight[0] * 0.5, weight)
    assert factor.item() == pytest.approx(3 * 2**0.5 / 0.5, rel=1e-4)


def test_delta_and_maximum_by_hand() -> None:
    weight = torch.tensor([1.0], requires_grad=True)
    small = (0 * weight).sum()

    assert adaptive_weight(2 * weight.sum(), small, weight, delta=0.5).item() == 4
    assert adaptive_weight(2 * weight.sum(), small, weight).item() == 1e4
    assert adaptive_weight(2 * weight.sum(), small, weight, maximum=7).item() == 7
    assert adaptive_weight(small, weight.sum(), weight).item() == 0


def test_gives_both_losses_the_same_gradient_norm() -> None:
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Tanh(), nn.Conv2d(3, 1, 1)).double()
    output = net(rand(2, 2, 4, 5, dtype=torch.float64))
    reconstruction, adversarial = output.abs().mean(), output.exp().mean()
    last: Tensor = net[2].weight

    weight = adaptive_weight(reconstruction, adversarial, last, delta=0)

    assert not weight.requires_grad
    gradients = [
        torch.autograd.grad(loss, last, retain_graph=True)[0].norm()
        for loss in (reconstruction, weight * adversarial)
    ]
    torch.testing.assert_close(*gradients)
    (reconstruction + weight * adversarial).backward()  # the graphs are still there


def test_gradient_is_that_of_finite_differences() -> None:
    last = rand(3, dtype=torch.float64).requires_grad_()
    step = 1e-6

    def slope(loss) -> float:
        unit = torch.eye(3, dtype=torch.float64) * step
        ends = [(loss(last + d) - loss(last - d)).item() / (2 * step) for d in unit]
        return sum(end**2 for end in ends) ** 0.5

    def reconstruction(x: Tensor) -> Tensor:
        return x.square().sum()

    def adversarial(x: Tensor) -> Tensor:
        return x.sin().sum()

    weight = adaptive_weight(reconstruction(last), adversarial(last), last, delta=0.01)
    assert weight.item() == pytest.approx(slope(reconstruction) / (slope(adversarial) + 0.01))


def test_half_precision_gradients_do_not_overflow() -> None:
    weight = torch.ones(4, dtype=torch.float16, requires_grad=True)
    large = (weight * 60000).float().sum()

    assert adaptive_weight(large, large, weight).item() == pytest.approx(1)


def test_leaves_gradients_alone() -> None:
    weight = torch.ones(2, requires_grad=True)
    adaptive_weight(weight.sum(), weight.sum(), weight)
    assert weight.grad is None


def test_wrong_arguments() -> None:
    weight = torch.ones(2, requires_grad=True)
    loss = weight.sum()
    rule = r"adaptive_weight: reconstruction must have shape \(\), got \(2,\)"
    with pytest.raises(ValueError, match=rule):
        adaptive_weight(2 * weight, loss, weight)
    rule = "adaptive_weight: adversarial must be computed with last_layer, but is not"
    for other in (torch.zeros(()), torch.zeros((), requires_grad=True) * 2):
        with pytest.raises(ValueError, match=rule):
            adaptive_weight(loss, other, weight)
    with pytest.raises(ValueError, match="reconstruction must be computed with last_layer"):
        adaptive_weight(loss, loss, weight.detach())
    with pytest.raises(ValueError, match="adaptive_weight: delta must be at least 0, got -1"):
        adaptive_weight(loss, loss, weight, delta=-1)
    with pytest.raises(ValueError, match="adaptive_weight: maximum must be at least 0, got -1"):
        adaptive_weight(loss, loss, weight, maximum=-1)
    with pytest.raises(TypeError, match=r"adversarial must be a torch.Tensor, got float"):
        adaptive_weight(loss, 1.0, weight)
    with pytest.raises(TypeError, match=r"last_layer must be a torch.Tensor, got Linear"):
        adaptive_weight(loss, loss, nn.Linear(1, 1))
