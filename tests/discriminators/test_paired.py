"""The discriminator of pairs."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from tests.assertions import rand
from vidgan.discriminators import PairedDiscriminator
from vidgan.losses import AdversarialLoss
from vidgan.models import multiscale_discriminator
from vidgan.training import adversarial_step


class FirstMinusSecond(nn.Module):
    """Logits (B,): the mean of the first half of the channels, plus a bias towards it."""

    def __init__(self, bias: float = 0.0) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.tensor(bias))

    def forward(self, pair: torch.Tensor) -> torch.Tensor:
        first, second = pair.chunk(2, -3)
        return (first - second).flatten(1).mean(1) + self.bias


@pytest.mark.parametrize("shape", [(3, 2, 4, 6), (3, 5, 2, 4, 6)])
def test_scores_of_the_first_argument(shape: tuple[int, ...]) -> None:
    """d(a, b) = 3 - 1 = 2 with bias 0.5: 2.5 in order, -(1 - 3 + 0.5) = 1.5 if swapped."""
    network = PairedDiscriminator(FirstMinusSecond(0.5))
    swapped = torch.tensor([False, True, False])

    got = network(torch.full(shape, 3.0), torch.ones(shape), swapped)

    torch.testing.assert_close(got, torch.tensor([2.5, 1.5, 2.5]))


def test_order_is_drawn_per_sample_from_the_generator() -> None:
    """With a bias alone, the logit is the sign of the order."""
    x = torch.zeros(4000, 1, 1, 1)
    draws = []
    for seed in (3, 3, 4):
        generator = torch.Generator().manual_seed(seed)
        draws.append(PairedDiscriminator(FirstMinusSecond(1.0), generator=generator)(x, x))

    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert set(draws[0].tolist()) == {-1.0, 1.0}
    assert abs(draws[0].mean()) < 0.06  # four standard deviations


@pytest.mark.parametrize("mode", ["hinge", "non_saturating", "wasserstein", "relativistic"])
def test_adversarial_step(mode: str) -> None:
    """D's loss falls as it learns which is which, and a gradient reaches the reconstruction."""
    torch.manual_seed(0)
    network = PairedDiscriminator(multiscale_discriminator(2, base_channels=4, norm="instance"))
    loss, original = AdversarialLoss(mode), rand(8, 1, 16, 16)
    rebuilt = (original * 0.2).requires_grad_()
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)

    values = []
    for _ in range(30):
        terms = adversarial_step(
            network,
            [original, rebuilt.detach()],
            [rebuilt, original],
            generator_losses={"gan": loss},
            discriminator_losses={"d": loss.discriminator},
        )
        rebuilt.grad = None
        terms.generator["gan"].backward()
        optimizer.zero_grad()
        terms.discriminator["d"].backward()
        optimizer.step()
        values.append(terms.discriminator["d"].item())

    assert values[-1] < values[0] - 0.3
    assert rebuilt.grad.abs().sum() > 0


def test_a_copy_draws_the_same_orders() -> None:
    generator, x = torch.Generator().manual_seed(3), torch.zeros(64, 1, 1, 1)
    network = PairedDiscriminator(FirstMinusSecond(1.0), generator=generator)

    copied = copy.deepcopy(network)

    assert torch.equal(copied(x, x), network(x, x))


def test_nothing_to_tell_from_a_copy() -> None:
    """Original and reconstruction alike: the expected score is zero, whatever D believes."""
    network = PairedDiscriminator(FirstMinusSecond(7.0))
    x = rand(2, 1, 4, 6)

    both = network(x, x, torch.tensor([False, True]))

    torch.testing.assert_close(both.sum(), torch.tensor(0.0))


def test_other_shapes_raise() -> None:
    network = PairedDiscriminator(FirstMinusSecond())
    for shape in [(2, 1, 4, 6), (3, 2, 4, 6), (3, 1, 5, 6), (3, 1, 4, 7)]:
        with pytest.raises(ValueError, match="PairedDiscriminator: second must have shape"):
            network(rand(3, 1, 4, 6), rand(*shape))
    with pytest.raises(ValueError, match="PairedDiscriminator: swapped must have shape"):
        network(rand(3, 1, 4, 6), rand(3, 1, 4, 6), torch.zeros(2))
