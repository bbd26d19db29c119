"""The zero-centered gradient penalty."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.assertions import assert_gradients, rand
from vidgan.functional import gradient_penalty_r1

law = settings(max_examples=200, deadline=None)


def test_linear_discriminator_has_the_norm_of_its_weights() -> None:
    images = rand(3, 2, 4, 5).requires_grad_()
    weights = rand(2, 4, 5, seed=1)

    logits = (images * weights).sum(dim=(1, 2, 3))

    penalty = gradient_penalty_r1(images, logits)
    torch.testing.assert_close(penalty, weights.square().sum())


def test_quadratic_discriminator_by_hand() -> None:
    images = torch.tensor([[1.0, 2.0], [3.0, 0.0]]).view(2, 1, 1, 2).requires_grad_()

    # gradient 2x: squared norms 4 * (1 + 4) and 4 * 9
    assert gradient_penalty_r1(images, images.square()).item() == (20 + 36) / 2


def test_can_be_differentiated_into_the_discriminator() -> None:
    weight = torch.tensor(3.0, requires_grad=True)
    images = rand(2, 1, 2, 3).requires_grad_()

    gradient_penalty_r1(images, weight * images).backward()

    assert weight.grad.item() == pytest.approx(2 * 3 * 6)  # d(6 w^2) / dw


def test_gradients() -> None:
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Tanh(), nn.Conv2d(3, 1, 1)).double()

    def penalty(images: Tensor) -> Tensor:
        return gradient_penalty_r1(images, net(images))

    assert_gradients(penalty, rand(2, 2, 4, 5))


@law
@given(height=st.integers(1, 6), width=st.integers(1, 6), seed=st.integers(0, 2**31))
def test_does_not_change_when_the_batch_is_doubled(height: int, width: int, seed: int) -> None:
    images = rand(2, 3, height, width, seed=seed)

    def penalty(batch: Tensor) -> Tensor:
        leaf = batch.clone().requires_grad_()
        return gradient_penalty_r1(leaf, (leaf**3).sum(dim=1, keepdim=True))

    torch.testing.assert_close(penalty(torch.cat([images, images])), penalty(images))


def test_bad_arguments_raise() -> None:
    images = rand(1, 3, 4, 6)
    leaf = images.clone().requires_grad_()
    with pytest.raises(
        ValueError, match=r"images must require gradients; call images.requires_gra"
    ):
        gradient_penalty_r1(images, leaf.sum())
    with pytest.raises(ValueError, match="logits must be computed from images, but are not"):
        gradient_penalty_r1(leaf, images.sum())
    with pytest.raises(ValueError, match="logits must be computed from images, but are not"):
        gradient_penalty_r1(leaf, images.clone().requires_grad_().sum())
    with pytest.raises(TypeError, match=r"images must be a floating-point tensor, got torch.int64"):
        gradient_penalty_r1(images.long(), leaf.sum())
    with pytest.raises(TypeError, match=r"logits must be a torch.Tensor, got float"):
        gradient_penalty_r1(leaf, 1.0)
