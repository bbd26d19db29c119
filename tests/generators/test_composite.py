"""Modules that put the layers of a frame together."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.assertions import assert_gradients, mask, rand, smooth_flow
from tests.networks import assert_module_compiles
from tests.references import warp_loop
from vidgan.generators import FlowWarp, ForegroundComposite, OcclusionComposite

SHAPE = (2, 3, 4, 6)
MASK = (2, 1, 4, 6)


def layers(seed: int = 0) -> dict[str, torch.Tensor]:
    return {
        "foreground": rand(*SHAPE, seed=seed),
        "background": rand(*SHAPE, seed=seed + 1),
        "foreground_mask": mask(*MASK, seed=seed + 2),
        "warped": rand(*SHAPE, seed=seed + 3),
        "occlusion_mask": mask(*MASK, seed=seed + 4),
    }


@pytest.mark.parametrize("padding_mode", ["border", "zeros"])
def test_flow_warp(padding_mode: str) -> None:
    image, flow = rand(*SHAPE), smooth_flow(2, 2, 4, 6, reach=4)

    out = FlowWarp(padding_mode=padding_mode)(image, flow)

    torch.testing.assert_close(out, warp_loop(image, flow, padding_mode=padding_mode))


def test_flow_warp_repeats_the_border_unless_told() -> None:
    assert FlowWarp().padding_mode == "border"


def test_occlusion_composite_by_hand() -> None:
    hallucinated, warped = torch.full(SHAPE, 0.8), torch.full(SHAPE, -0.4)

    out = OcclusionComposite()(hallucinated, warped, torch.full(MASK, 0.25))

    torch.testing.assert_close(out, torch.full(SHAPE, 0.25 * 0.8 - 0.75 * 0.4))


@given(seed=st.integers(0, 2**31))
def test_masks_of_0_and_1_select_a_layer(seed: int) -> None:
    parts = layers(seed)
    nothing, everything = torch.zeros(MASK), torch.ones(MASK)

    def composed(form: str, foreground_mask: torch.Tensor, occlusion_mask: torch.Tensor):
        call = parts | {"foreground_mask": foreground_mask, "occlusion_mask": occlusion_mask}
        return ForegroundComposite(form)(**call)

    for form in ("released", "paper"):
        assert torch.equal(composed(form, everything, everything), parts["foreground"])
        assert torch.equal(composed(form, nothing, everything), parts["background"])
        assert torch.equal(composed(form, nothing, nothing), parts["warped"])
    assert torch.equal(composed("released", everything, nothing), parts["foreground"])
    assert torch.equal(composed("paper", everything, nothing), parts["warped"])


@given(seed=st.integers(0, 2**31))
def test_stays_within_its_layers(seed: int) -> None:
    parts = layers(seed)
    images = torch.stack([parts[name] for name in ("foreground", "background", "warped")])

    for form in ("released", "paper"):
        out = ForegroundComposite(form)(**parts)
        assert (out <= images.amax(0) + 1e-6).all()
        assert (out >= images.amin(0) - 1e-6).all()


def test_the_released_form_is_the_default() -> None:
    parts = layers()
    f, m = parts["foreground_mask"], parts["occlusion_mask"]
    eq4 = m * parts["background"] + (1 - m) * parts["warped"]

    torch.testing.assert_close(
        ForegroundComposite()(**parts), f * parts["foreground"] + (1 - f) * eq4
    )


def test_the_papers_form() -> None:
    parts = layers()
    f, m = parts["foreground_mask"], parts["occlusion_mask"]
    hallucinated = f * parts["foreground"] + (1 - f) * parts["background"]

    torch.testing.assert_close(
        ForegroundComposite("paper")(**parts), (1 - m) * parts["warped"] + m * hallucinated
    )


@pytest.mark.parametrize("form", ["released", "paper"])
def test_gradients(form: str) -> None:
    parts = [part[:1, :, :2, :3] for part in layers().values()]

    assert_gradients(ForegroundComposite(form), *parts)
    assert_gradients(OcclusionComposite(), *parts[:3])
    assert_gradients(FlowWarp(), rand(1, 2, 3, 4), smooth_flow(1, 2, 3, 4))


def test_compiles() -> None:
    parts = layers()
    for form in ("released", "paper"):
        assert_module_compiles(ForegroundComposite(form), **parts)
    assert_module_compiles(
        OcclusionComposite(), parts["foreground"], parts["warped"], parts["occlusion_mask"]
    )
    assert_module_compiles(FlowWarp(), parts["warped"], smooth_flow(2, 2, 4, 6))


def test_unknown_choices_raise() -> None:
    with pytest.raises(
        ValueError, match="ForegroundComposite: form must be one of 'released', 'paper', got 'eq9'"
    ):
        ForegroundComposite("eq9")
    with pytest.raises(
        ValueError,
        match="FlowWarp: padding_mode must be one of 'border', 'zeros', got 'reflection'",
    ):
        FlowWarp(padding_mode="reflection")
