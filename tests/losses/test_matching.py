"""Feature matching over scales."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor

from tests.assertions import assert_compiles, assert_gradients, rand
from vidgan.losses import FeatureMatchingLoss
from vidgan.outputs import PatchOutput

law = settings(max_examples=200, deadline=None)


def outputs(seed: int, batch: int = 2) -> list[PatchOutput]:
    """What a discriminator of two scales and three feature layers returns."""
    return [
        PatchOutput(
            rand(batch, 1, 2, 3, seed=seed + 9),
            tuple(rand(batch, 4, 4 // scale, 6 - layer, seed=seed + layer) for layer in range(3)),
        )
        for scale in (1, 2)
    ]


def doubled(scales: list[PatchOutput]) -> list[PatchOutput]:
    return [
        PatchOutput(torch.cat([s.logits] * 2), tuple(torch.cat([f] * 2) for f in s.features))
        for s in scales
    ]


def test_matches_recorded_loss(shared) -> None:
    data = load_file(shared / "golden" / "losses.safetensors")
    fake, real = (
        [
            PatchOutput(
                data[f"{side}.scale{scale}.layer4"],
                tuple(data[f"{side}.scale{scale}.layer{layer}"] for layer in range(4)),
            )
            for scale in range(2)
        ]
        for side in ("fake", "real")
    )

    loss = FeatureMatchingLoss(weight=10)(fake, real)

    torch.testing.assert_close(loss, data["feature_matching"], rtol=1e-4, atol=1e-5)


def test_constants_by_hand() -> None:
    logits = torch.zeros(1, 1, 2, 3)
    fake = [PatchOutput(logits, (torch.ones(1, 4, 4, 6), torch.zeros(1, 8, 2, 3)))] * 3
    real = [PatchOutput(logits, (torch.zeros(1, 4, 4, 6), torch.full((1, 8, 2, 3), 2.0)))] * 3

    # 3 scales of 2 layers, at distances 1 and 2: weight * 4 / layers / scales * sum
    assert FeatureMatchingLoss(weight=5)(fake, real).item() == pytest.approx(5 * 4 / 2 / 3 * 9)


def test_logits_are_left_out_and_the_real_side_is_detached() -> None:
    fake, real = outputs(0), outputs(20)
    leaves = [s.features[0].requires_grad_() for s in real] + [
        s.logits.requires_grad_() for s in fake
    ]
    fake[0].features[1].requires_grad_()

    FeatureMatchingLoss()(fake, real).backward()

    assert all(leaf.grad is None for leaf in leaves)
    assert fake[0].features[1].grad is not None


@law
@given(seed=st.integers(0, 2**31))
def test_does_not_change_when_the_batch_is_doubled(seed: int) -> None:
    fake, real = outputs(seed), outputs(seed + 20)
    loss = FeatureMatchingLoss()

    torch.testing.assert_close(loss(doubled(fake), doubled(real)), loss(fake, real))


def test_gradients() -> None:
    real = [
        PatchOutput(s.logits, tuple(f.double() for f in s.features)) for s in outputs(20, batch=1)
    ]
    loss = FeatureMatchingLoss()

    def matched(*features: Tensor) -> Tensor:
        fake = [
            PatchOutput(real[0].logits, features[:3]),
            PatchOutput(real[1].logits, features[3:]),
        ]
        return loss(fake, real)

    assert_gradients(matched, *(f for scale in outputs(0, batch=1) for f in scale.features))


def test_compiles() -> None:
    assert_compiles(FeatureMatchingLoss(), outputs(0), outputs(20))


def test_says_its_options() -> None:
    assert repr(FeatureMatchingLoss()) == "FeatureMatchingLoss(weight=10.0)"


def test_bad_arguments_raise() -> None:
    loss, scales = FeatureMatchingLoss(), outputs(0)
    with pytest.raises(
        ValueError, match="FeatureMatchingLoss: fake must hold at least one scale, "
    ):
        loss([], [])
    with pytest.raises(ValueError, match="real must hold as many scales as fake, 2, got 1"):
        loss(scales, scales[:1])
    fewer = [PatchOutput(scale.logits, scale.features[:2]) for scale in scales]
    with pytest.raises(ValueError, match="as many layers as fake_features, 3, got 2"):
        loss(scales, fewer)
