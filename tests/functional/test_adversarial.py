"""Adversarial losses, element by element and against recorded values."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from tests.assertions import assert_compiles, assert_gradients, rand, wrong_shapes
from tests.references import (
    FAKE_TERMS,
    GENERATOR_TERMS,
    REAL_TERMS,
    mean_term,
    relativistic_loop,
)
from vidgan.functional import (
    ADVERSARIAL_MODES,
    discriminator_loss,
    fake_loss,
    generator_loss,
    real_loss,
)

law = settings(max_examples=200, deadline=None)
UNPAIRED = [mode for mode in ADVERSARIAL_MODES if mode != "relativistic"]
HALVED = ("lsgan", "half_hinge")
every_mode = pytest.mark.parametrize("mode", ADVERSARIAL_MODES)
every_unpaired_mode = pytest.mark.parametrize("mode", UNPAIRED)


def logits(seed: int = 0) -> torch.Tensor:
    return 3 * rand(2, 1, 3, 5, seed=seed, dtype=torch.float64)


def test_matches_recorded_losses(shared) -> None:
    data = load_file(shared / "golden" / "losses.safetensors")
    real, fake = ([data[f"{side}.scale{i}.layer4"] for i in range(2)] for side in ("real", "fake"))

    losses = {
        "lsgan.g": sum(generator_loss(scale, mode="lsgan") for scale in fake),
        "lsgan.d_real": sum(real_loss(scale, mode="lsgan") for scale in real),
        "lsgan.d_fake": sum(fake_loss(scale, mode="lsgan") for scale in fake),
    }

    for name, loss in losses.items():
        torch.testing.assert_close(loss, data[name], rtol=1e-4, atol=1e-5)


@every_unpaired_mode
def test_matches_definition(mode: str) -> None:
    real, fake = logits(), logits(1)
    on_real, on_fake = mean_term(real, REAL_TERMS[mode]), mean_term(fake, FAKE_TERMS[mode])
    together = (on_real + on_fake) / 2 if mode in HALVED else on_real + on_fake
    generator = mean_term(fake, GENERATOR_TERMS[mode])

    assert real_loss(real, mode=mode).item() == pytest.approx(on_real)
    assert fake_loss(fake, mode=mode).item() == pytest.approx(on_fake)
    assert discriminator_loss(real, fake, mode=mode).item() == pytest.approx(together)
    assert generator_loss(fake, mode=mode).item() == pytest.approx(generator)
    assert generator_loss(fake, mode=mode, real_logits=real).item() == pytest.approx(generator)


def test_relativistic_matches_definition() -> None:
    real, fake = logits(), logits(1)

    discriminator = discriminator_loss(real, fake, mode="relativistic")
    generator = generator_loss(fake, mode="relativistic", real_logits=real)

    assert discriminator.item() == pytest.approx(relativistic_loop(real, fake))
    assert generator.item() == pytest.approx(relativistic_loop(fake, real))


def test_values_by_hand() -> None:
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([0.0, -2.0])

    values = {mode: discriminator_loss(real, fake, mode=mode).item() for mode in ADVERSARIAL_MODES}

    assert values["lsgan"] == (2 + 2) / 2
    assert values["hinge"] == 0 + 0.5
    assert values["half_hinge"] == 0.25
    assert values["wasserstein"] == -1 - 2
    softplus = {x: math.log(1 + math.exp(x)) for x in (-1, -3, 0, -2, -5)}
    assert values["non_saturating"] == pytest.approx(
        (softplus[-1] + softplus[-3]) / 2 + (softplus[0] + softplus[-2]) / 2
    )
    assert values["relativistic"] == pytest.approx((softplus[-1] + softplus[-5]) / 2)


@every_mode
def test_each_side_pulls_its_own_way(mode: str) -> None:
    real, fake = torch.zeros(2, 1, 3, 5), torch.zeros(2, 1, 3, 5)
    real.requires_grad_()
    fake.requires_grad_()

    on_real, on_fake = torch.autograd.grad(discriminator_loss(real, fake, mode=mode), (real, fake))
    (on_generator,) = torch.autograd.grad(
        generator_loss(fake, mode=mode, real_logits=real), (fake,)
    )

    assert (on_real < 0).all()  # the discriminator lifts real logits
    assert (on_fake >= 0).all()  # lowers fake ones (LSGAN: to 0)
    assert (on_generator < 0).all()  # and the generator lifts fake ones


@every_mode
@law
@given(height=st.integers(1, 6), width=st.integers(1, 6), seed=st.integers(0, 2**31))
def test_does_not_change_when_the_batch_is_doubled(
    mode: str, height: int, width: int, seed: int
) -> None:
    real, fake = (3 * rand(2, 1, height, width, seed=seed + side) for side in (0, 1))
    real2, fake2 = torch.cat([real, real]), torch.cat([fake, fake])

    torch.testing.assert_close(
        discriminator_loss(real2, fake2, mode=mode), discriminator_loss(real, fake, mode=mode)
    )
    torch.testing.assert_close(
        generator_loss(fake2, mode=mode, real_logits=real2),
        generator_loss(fake, mode=mode, real_logits=real),
    )
    if mode != "relativistic":
        torch.testing.assert_close(real_loss(real2, mode=mode), real_loss(real, mode=mode))
        torch.testing.assert_close(fake_loss(fake2, mode=mode), fake_loss(fake, mode=mode))


@every_mode
def test_gradients(mode: str) -> None:
    real, fake = logits(), logits(1)

    assert_gradients(lambda r, f: discriminator_loss(r, f, mode=mode), real, fake)
    assert_gradients(lambda f, r: generator_loss(f, mode=mode, real_logits=r + 0 * f), fake, real)


@every_unpaired_mode
def test_gradients_of_the_halves(mode: str) -> None:
    assert_gradients(lambda value: real_loss(value, mode=mode), logits())
    assert_gradients(lambda value: fake_loss(value, mode=mode), logits())


@every_mode
def test_compiles(mode: str) -> None:
    real, fake = logits().float(), logits(1).float()

    assert_compiles(discriminator_loss, real, fake, mode=mode)
    assert_compiles(generator_loss, fake, mode=mode, real_logits=real)


@every_unpaired_mode
def test_halves_compile(mode: str) -> None:
    assert_compiles(real_loss, logits().float(), mode=mode)
    assert_compiles(fake_loss, logits().float(), mode=mode)


@every_mode
def test_half_precision_is_averaged_in_float32(mode: str) -> None:
    real, fake = logits().bfloat16(), logits(1).bfloat16()

    with torch.autocast("cpu", dtype=torch.bfloat16):
        losses = (
            discriminator_loss(real, fake, mode=mode),
            generator_loss(fake, mode=mode, real_logits=real),
        )

    expected = (
        discriminator_loss(real.float(), fake.float(), mode=mode),
        generator_loss(fake.float(), mode=mode, real_logits=real.float()),
    )
    torch.testing.assert_close(losses, expected, rtol=0, atol=0)


@every_mode
def test_large_logits_stay_finite(mode: str) -> None:
    real, fake = torch.full((1, 1, 2, 3), -1e4), torch.full((1, 1, 2, 3), 1e4)

    assert discriminator_loss(real, fake, mode=mode).isfinite()
    assert generator_loss(-fake, mode=mode, real_logits=-real).isfinite()


@pytest.mark.parametrize("function", [real_loss, fake_loss])
def test_halves_of_pairs_raise(function) -> None:
    rule = f"{function.__name__}: mode 'relativistic' compares real with fake logits"
    with pytest.raises(ValueError, match=rule):
        function(logits(), mode="relativistic")


@pytest.mark.parametrize("mode", ["vanilla", "ls", "", None])
def test_unknown_mode_raises(mode: str | None) -> None:
    rule = r": mode must be one of 'lsgan', 'hinge', .*'relativistic', got "
    with pytest.raises(ValueError, match="discriminator_loss" + rule):
        discriminator_loss(logits(), logits(), mode=mode)
    with pytest.raises(ValueError, match="generator_loss" + rule):
        generator_loss(logits(), mode=mode)
    with pytest.raises(ValueError, match="real_loss" + rule):
        real_loss(logits(), mode=mode)
    with pytest.raises(ValueError, match="fake_loss" + rule):
        fake_loss(logits(), mode=mode)


@pytest.mark.parametrize("shape", wrong_shapes(2, 1, 3, 5))
def test_pairs_of_different_shapes_raise(shape: tuple[int, ...]) -> None:
    rule = r"fake_logits must have shape \(2, 1, 3, 5\) as real_logits in mode 'relativistic', got"
    with pytest.raises(ValueError, match=rule):
        discriminator_loss(logits(), torch.zeros(shape), mode="relativistic")
    rule = r"real_logits must have shape \(2, 1, 3, 5\) as fake_logits in mode 'relativistic', got"
    with pytest.raises(ValueError, match=rule):
        generator_loss(logits(), mode="relativistic", real_logits=torch.zeros(shape))


def test_missing_pair_raises() -> None:
    rule = "generator_loss: real_logits must be given in mode 'relativistic', got None"
    with pytest.raises(ValueError, match=rule):
        generator_loss(logits(), mode="relativistic")


@every_mode
def test_whole_numbers_raise(mode: str) -> None:
    whole = logits().long()
    with pytest.raises(TypeError, match="discriminator_loss: real_logits must be a floating-point"):
        discriminator_loss(whole, logits(), mode=mode)
    with pytest.raises(TypeError, match="discriminator_loss: fake_logits must be a floating-point"):
        discriminator_loss(logits(), whole, mode=mode)
    with pytest.raises(TypeError, match="generator_loss: fake_logits must be a floating-point"):
        generator_loss(whole, mode=mode, real_logits=logits())
