"""The adversarial loss over scales."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor, nn

from tests.assertions import assert_compiles, assert_gradients, rand
from vidgan.functional import ADVERSARIAL_MODES, discriminator_loss, generator_loss
from vidgan.losses import AdversarialLoss
from vidgan.outputs import PatchOutput

law = settings(max_examples=200, deadline=None)
every_mode = pytest.mark.parametrize("mode", ADVERSARIAL_MODES)
SIZES = ((5, 7), (3, 4))


def scales(seed: int, batch: int = 2, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Logits of two scales."""
    return [3 * rand(batch, 1, *size, seed=seed + i, dtype=dtype) for i, size in enumerate(SIZES)]


def patches(logits: list[Tensor]) -> list[PatchOutput]:
    """The same logits as a discriminator returns them, with some features."""
    return [PatchOutput(scale, (scale.new_ones(2, 4, 5, 7),)) for scale in logits]


def test_matches_recorded_losses(shared) -> None:
    data = load_file(shared / "golden" / "losses.safetensors")
    real, fake = ([data[f"{side}.scale{i}.layer4"] for i in range(2)] for side in ("real", "fake"))
    loss = AdversarialLoss("lsgan")

    losses = [loss(fake), loss(fake), loss.real(real), loss.fake(fake)]

    names = ["lsgan.g", "g_gan", "lsgan.d_real", "lsgan.d_fake"]
    torch.testing.assert_close(losses, [data[name] for name in names], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(loss.discriminator(real, fake), (losses[2] + losses[3]) / 2)


@every_mode
def test_sums_over_scales(mode: str) -> None:
    real, fake = scales(0), scales(10)
    loss = AdversarialLoss(mode, weight=3)

    generator = sum(
        generator_loss(f, mode=mode, real_logits=r) for r, f in zip(real, fake, strict=True)
    )
    discriminator = sum(
        discriminator_loss(r, f, mode=mode) for r, f in zip(real, fake, strict=True)
    )

    torch.testing.assert_close(loss(fake, real), 3 * generator)
    # The weight is the generator's: the discriminator's loss stands beside its own penalties.
    torch.testing.assert_close(loss.discriminator(real, fake), discriminator)


@every_mode
def test_takes_outputs_of_a_discriminator(mode: str) -> None:
    real, fake = scales(0), scales(10)
    loss = AdversarialLoss(mode)

    assert torch.equal(loss(patches(fake), patches(real)), loss(fake, real))
    assert torch.equal(
        loss.discriminator(patches(real), patches(fake)), loss.discriminator(real, fake)
    )
    assert torch.equal(loss(patches(fake)[0], patches(real)[0]), loss(fake[:1], real[:1]))
    assert torch.equal(loss(fake[0], real[0]), loss(fake[:1], real[:1]))


@pytest.mark.parametrize("mode", ["hinge", "non_saturating", "wasserstein"])
def test_discriminator_is_the_sum_of_its_halves(mode: str) -> None:
    real, fake = scales(0), scales(10)
    loss = AdversarialLoss(mode, weight=0.5)

    torch.testing.assert_close(loss.discriminator(real, fake), loss.real(real) + loss.fake(fake))


@every_mode
@law
@given(seed=st.integers(0, 2**31))
def test_does_not_change_when_the_batch_is_doubled(mode: str, seed: int) -> None:
    real, fake = scales(seed), scales(seed + 10)
    real2, fake2 = ([torch.cat([s, s]) for s in side] for side in (real, fake))
    loss = AdversarialLoss(mode)

    torch.testing.assert_close(loss(fake2, real2), loss(fake, real))
    torch.testing.assert_close(loss.discriminator(real2, fake2), loss.discriminator(real, fake))


@every_mode
def test_gradients(mode: str) -> None:
    loss = AdversarialLoss(mode)
    real, fake = scales(0, batch=1), scales(10, batch=1)

    assert_gradients(lambda *s: loss(s[:2], s[2:]) + loss.discriminator(s[2:], s[:2]), *fake, *real)


@every_mode
def test_compiles(mode: str) -> None:
    class BothSides(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.loss = AdversarialLoss(mode)

        def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
            real, fake = [first], [PatchOutput(second, ())]
            return self.loss(fake, real), self.loss.discriminator(real, fake)

    assert_compiles(BothSides(), scales(0)[0], scales(10)[0])


def test_says_its_options() -> None:
    assert repr(AdversarialLoss("hinge", weight=2)) == "AdversarialLoss(mode='hinge', weight=2)"


def test_unknown_mode_raises() -> None:
    with pytest.raises(
        ValueError, match=r"AdversarialLoss: mode must be one of 'lsgan', .*vanilla"
    ):
        AdversarialLoss("vanilla")


def test_missing_scales_raise() -> None:
    loss, logits = AdversarialLoss(), scales(0)
    with pytest.raises(
        ValueError, match="AdversarialLoss: fake must hold at least one scale, got "
    ):
        loss([])
    with pytest.raises(
        ValueError, match="AdversarialLoss: real must hold at least one scale, got "
    ):
        loss.discriminator([], logits)
    with pytest.raises(ValueError, match="fake must hold as many scales as real, 2, got 1"):
        loss.discriminator(logits, logits[:1])
    with pytest.raises(ValueError, match="fake must hold as many scales as real, 1, got 2"):
        loss(logits, logits[:1])


def test_pairs_are_asked_for() -> None:
    loss, logits = AdversarialLoss("relativistic"), scales(0)
    with pytest.raises(ValueError, match="real_logits must be given in mode 'relativistic'"):
        loss(logits)
    with pytest.raises(ValueError, match="real_loss: mode 'relativistic' compares"):
        loss.real(logits)
    with pytest.raises(ValueError, match="fake_loss: mode 'relativistic' compares"):
        loss.fake(logits)
