"""The zero-centered gradient penalty, exact and by finite differences."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.assertions import assert_compiles, assert_gradients, rand
from vidgan.functional import finite_difference_penalty, gradient_penalty_r1
from vidgan.models import multiscale_discriminator
from vidgan.outputs import PatchOutput

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


def test_takes_the_scales_of_a_discriminator() -> None:
    network = multiscale_discriminator(3, base_channels=4, norm="instance")
    images = rand(2, 3, 64, 64).requires_grad_()
    scales = network(images)
    joined = torch.cat([scale.logits.flatten(1) for scale in scales], 1)

    expected = gradient_penalty_r1(images, joined)
    torch.testing.assert_close(gradient_penalty_r1(images, scales), expected)
    one = gradient_penalty_r1(images, scales[0])
    torch.testing.assert_close(one, gradient_penalty_r1(images, scales[0].logits))


def test_mean_does_not_grow_with_the_number_of_patches() -> None:
    weight = rand(3, seed=4)

    def penalty(size: int, reduction: str) -> float:
        images = rand(2, 3, size, size).requires_grad_()
        logits = (images * weight[:, None, None]).sum(1, keepdim=True)
        return gradient_penalty_r1(images, logits, reduction=reduction).item()

    # |dD/dx|^2 is |w|^2 at each of n pixels; divided by n^2 for the mean.
    norm = weight.square().sum().item()
    assert penalty(4, "sum") == pytest.approx(16 * norm)
    assert penalty(4, "mean") == pytest.approx(norm / 16)
    with pytest.raises(ValueError, match="reduction must be one of 'sum', 'mean', got 'max'"):
        penalty(4, "max")


def test_finite_differences_approach_the_exact_penalty() -> None:
    torch.manual_seed(0)
    network = multiscale_discriminator(2, base_channels=4, norm="none").double()
    images = rand(8, 2, 32, 32, dtype=torch.float64).requires_grad_()
    exact = gradient_penalty_r1(images, network(images)).item()

    # 2000 draws of each sample, as one large batch in parts: their mean has a spread of 1 %.
    generator, values = torch.Generator().manual_seed(0), []
    with torch.no_grad():
        for _ in range(20):
            many = images.repeat(100, 1, 1, 1)
            noise = torch.randn(many.shape, generator=generator, dtype=torch.float64)
            scores = network(many), network(many + 0.01 * noise)
            values.append(finite_difference_penalty(*scores, sigma=0.01).item())

    assert sum(values) / len(values) == pytest.approx(exact, rel=0.05)


def test_finite_differences_by_hand() -> None:
    # Two scales of two samples: the scores rise by 1 + 3 and 2 + 0 patches of 0.1.
    scales = [torch.zeros(2, 1, 2, 2), torch.zeros(2, 1, 1, 3)]
    raised = [scale.clone() for scale in scales]
    raised[0][0, 0, 0, 0] = raised[0][1, 0, 0, 1] = raised[0][1, 0, 1, 1] = 0.1
    raised[1][0] = 0.1
    outputs = [PatchOutput(scale, ()) for scale in raised]

    total = finite_difference_penalty(scales, outputs, sigma=0.5)
    mean = finite_difference_penalty(scales, outputs, sigma=0.5, reduction="mean")

    assert total.item() == pytest.approx((0.8**2 + 0.4**2) / 2)
    assert mean.item() == pytest.approx((0.25**2 + 0.1**2) / 2)  # 0.1/4 + 0.1, and 0.2/4, over 0.5


def test_finite_differences_compile_and_differentiate() -> None:
    def penalty(logits: Tensor, perturbed: Tensor) -> Tensor:
        return finite_difference_penalty(logits, perturbed, sigma=0.1)

    logits, perturbed = rand(3, 1, 4, 5), rand(3, 1, 4, 5, seed=1)
    assert_compiles(penalty, logits, perturbed)
    assert_gradients(penalty, logits, perturbed)
    assert penalty(logits.bfloat16(), perturbed.bfloat16()).dtype == torch.float32


def test_finite_differences_refuse_bad_arguments() -> None:
    logits = rand(2, 1, 4, 5)
    with pytest.raises(ValueError, match="sigma must be above 0, got 0"):
        finite_difference_penalty(logits, logits, sigma=0)
    with pytest.raises(ValueError, match=r"perturbed_logits must have shape \(2\)"):
        finite_difference_penalty(logits, logits[:1], sigma=0.1)
    with pytest.raises(ValueError, match="reduction must be one of"):
        finite_difference_penalty(logits, logits, sigma=0.1, reduction="max")
