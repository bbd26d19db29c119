"""Gradient penalties as modules."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.assertions import rand
from vidgan.functional import finite_difference_penalty, gradient_penalty_r1
from vidgan.losses import FiniteDifferencePenalty, GradientPenalty
from vidgan.models import multiscale_discriminator


def discriminator() -> nn.Module:
    torch.manual_seed(0)
    return multiscale_discriminator(3, base_channels=4, norm="instance")


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_exact_penalty_is_the_function_times_half_of_gamma(reduction: str) -> None:
    network, images = discriminator(), rand(2, 3, 48, 48).requires_grad_()
    scales = network(images)
    expected = 1.5 * gradient_penalty_r1(images, scales, reduction=reduction)
    assert torch.equal(GradientPenalty(gamma=3, reduction=reduction)(images, scales), expected)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_finite_differences_are_the_function_at_noisy_images(reduction: str) -> None:
    network, images = discriminator(), rand(2, 3, 48, 48)
    penalty = FiniteDifferencePenalty(gamma=3, sigma=0.2, reduction=reduction)
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(5))
    perturbed = network(images + 0.2 * noise)
    expected = 1.5 * finite_difference_penalty(
        network(images), perturbed, sigma=0.2, reduction=reduction
    )

    rng = torch.Generator().manual_seed(5)
    torch.testing.assert_close(penalty(network, images, generator=rng), expected)
    rng.manual_seed(5)
    given = penalty(network, images, network(images), generator=rng)
    torch.testing.assert_close(given, expected)


def test_given_logits_save_a_pass() -> None:
    passes = []

    def network(images: Tensor) -> Tensor:
        passes.append(len(images))
        return images.mean((1, 2, 3))

    penalty, images = FiniteDifferencePenalty(), rand(2, 3, 8, 8)
    penalty(network, images)
    penalty(network, images, images.mean((1, 2, 3)))
    assert passes == [2, 2, 2]


def test_gradient_reaches_the_weights_and_not_the_images() -> None:
    network, images = discriminator(), rand(2, 3, 48, 48).requires_grad_()
    FiniteDifferencePenalty()(network, images).backward()
    assert images.grad is None
    assert all(weight.grad is not None for weight in network.parameters())
