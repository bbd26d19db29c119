"""Adversarial steps, against the usual form: frozen for the generator, detached otherwise."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tests.assertions import rand
from vidgan.losses import AdversarialLoss, FeatureMatchingLoss
from vidgan.models import multiscale_discriminator
from vidgan.training import AdversarialTerms, adversarial_step, frozen


class Counted(nn.Module):
    """A discriminator of frames and maps that counts its forward passes."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.network = multiscale_discriminator(4, base_channels=4, num_scales=2, norm="instance")
        self.passes = 0

    def forward(self, maps: Tensor, frames: Tensor) -> object:
        self.passes += 1
        return self.network(torch.cat([maps, frames], 1))


def sample() -> tuple[Tensor, Tensor, Tensor]:
    """Return condition maps, real frames and the weight that a generator multiplies noise by."""
    return rand(2, 1, 40, 40).double(), rand(2, 3, 40, 40).double(), rand(2, 3, 40, 40).double()


def step(
    discriminator: Callable[..., object],
    maps: Tensor,
    real: Tensor,
    fake: Tensor,
    mode: str = "lsgan",
) -> AdversarialTerms:
    adversarial, matching = AdversarialLoss(mode), FeatureMatchingLoss()
    return adversarial_step(
        discriminator,
        (maps, real),
        (maps, fake),
        generator_losses={"gan": adversarial, "matching": matching},
        discriminator_losses={"both": adversarial.discriminator},
    )


def usual_gradients(
    discriminator: nn.Module, maps: Tensor, real: Tensor, weight: Tensor, mode: str, factor: float
) -> tuple[list[Tensor], list[Tensor]]:
    """Return the losses, and the gradients of the generator's weight and of D's weights."""
    adversarial, matching = AdversarialLoss(mode), FeatureMatchingLoss()
    fake = weight.tanh()
    scores = discriminator(maps, real)
    with torch.no_grad():
        fixed = discriminator(maps, real)
    with frozen(discriminator):
        frozen_scores = discriminator(maps, fake)
    losses = [
        adversarial(frozen_scores, fixed),
        matching(frozen_scores, fixed),
        adversarial.discriminator(scores, discriminator(maps, fake.detach())),
    ]
    (for_generator,) = torch.autograd.grad(factor * losses[0] + losses[1], weight)
    return losses, [for_generator, *torch.autograd.grad(losses[2], [*discriminator.parameters()])]


@pytest.mark.parametrize("mode", ["lsgan", "hinge", "relativistic"])
def test_losses_and_gradients_are_those_of_the_usual_form(mode: str) -> None:
    discriminator, (maps, real, weight) = Counted().double(), sample()
    weight.requires_grad_()
    losses, gradients = usual_gradients(discriminator, maps, real, weight, mode, 0.3)

    terms = step(discriminator, maps, real, weight.tanh(), mode)
    (0.3 * terms.generator["gan"] + terms.generator["matching"]).backward()
    untouched = [parameter.grad for parameter in discriminator.parameters()]
    generator_gradient = weight.grad.clone()
    terms.discriminator["both"].backward()

    assert torch.equal(
        torch.stack([*terms.generator.values(), *terms.discriminator.values()]), torch.stack(losses)
    )
    assert untouched == [None] * len(untouched)
    assert torch.equal(weight.grad, generator_gradient)  # the discriminator's loss adds nothing
    ours = [weight.grad, *(parameter.grad for parameter in discriminator.parameters())]
    for got, expected in zip(ours, gradients, strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-14)


def test_each_kind_of_input_passes_once() -> None:
    discriminator, (maps, real, weight) = Counted().double(), sample()
    step(discriminator, maps, real, weight.requires_grad_())
    assert discriminator.passes == 2


# torch looks at the .grad of the compiled part's inputs.
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
def test_compiled_parts_are_passed_backward_once_per_pass() -> None:
    discriminator, (maps, real, weight) = Counted().double(), sample()
    weight.requires_grad_()
    _, gradients = usual_gradients(discriminator, maps, real, weight, "lsgan", 1.0)
    discriminator.network.compile(backend="aot_eager")
    discriminator.passes = 0

    terms = step(discriminator, maps, real, weight.tanh())
    torch.stack([*terms.generator.values()]).sum().backward()
    terms.discriminator["both"].backward()

    assert discriminator.passes == 3
    ours = [weight.grad, *(parameter.grad for parameter in discriminator.parameters())]
    for got, expected in zip(ours, gradients, strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
def test_compiled_norms_see_generated_samples_once() -> None:
    """Running statistics and singular vectors change as without compilation."""
    plain, (maps, real, weight) = Counted().double(), sample()
    plain.network = multiscale_discriminator(
        4, base_channels=4, num_scales=1, norm="batch", spectral_norm=True
    ).double()
    compiled = copy.deepcopy(plain)
    compiled.network.compile(backend="aot_eager")

    for _ in range(2):
        terms = [step(each, maps, real, weight) for each in (plain, compiled)]
        for got, expected in zip(terms[1], terms[0], strict=True):
            torch.testing.assert_close(got, expected, rtol=1e-10, atol=1e-12)

    torch.testing.assert_close(compiled.state_dict(), plain.state_dict(), rtol=1e-10, atol=1e-12)


def test_generated_samples_without_a_gradient() -> None:
    discriminator, (maps, real, fake) = Counted().double(), sample()
    terms = step(discriminator, maps, real, fake)
    assert not terms.generator["gan"].requires_grad
    terms.discriminator["both"].backward()
    assert all(parameter.grad is not None for parameter in discriminator.parameters())


def test_terms_that_are_constant_add_nothing() -> None:
    scale = nn.Linear(3, 1, bias=False)
    fake = rand(2, 3).requires_grad_()
    terms = adversarial_step(
        scale,
        [rand(2, 3)],
        [fake],
        generator_losses={
            "gan": lambda fake, _: fake.mean(),
            "real": lambda _, real: real.detach().mean(),
        },
        discriminator_losses={"both": lambda real, fake: fake.mean() - real.mean()},
    )
    sum(terms.generator.values()).backward()
    torch.testing.assert_close(fake.grad, scale.weight.detach().expand(2, 3) / 2)


def test_discriminator_first_is_refused() -> None:
    discriminator, (maps, real, weight) = Counted().double(), sample()
    terms = step(discriminator, maps, real, weight.requires_grad_())
    terms.discriminator["both"].backward()
    with pytest.raises(RuntimeError, match="must be passed backward before"):
        terms.generator["gan"].backward()


def test_second_derivative_is_refused() -> None:
    discriminator, (maps, real, weight) = Counted().double(), sample()
    terms = step(discriminator, maps, real, weight.requires_grad_())
    (gradient,) = torch.autograd.grad(terms.generator["gan"], weight, create_graph=True)
    with pytest.raises(RuntimeError, match="does not require grad"):
        gradient.sum().backward()


def test_inputs_that_do_not_fit() -> None:
    losses = {"generator_losses": {}, "discriminator_losses": {}}
    with pytest.raises(TypeError, match="real_inputs must be a list or tuple of tensors"):
        adversarial_step(nn.Identity(), rand(1, 3), [rand(1, 3)], **losses)
    with pytest.raises(ValueError, match=r"as many tensors as real_inputs \(1\), got 2"):
        adversarial_step(nn.Identity(), [rand(1, 3)], [rand(1, 3), rand(1, 3)], **losses)
