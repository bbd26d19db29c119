"""The three ways of composing a frame."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.assertions import assert_compiles, assert_gradients, mask, rand, wrong_shapes
from vidgan.functional import foreground_composite, layered_composite, occlusion_composite

law = settings(max_examples=200, deadline=None)
heights, widths, seeds = st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**31)
pairs = pytest.mark.parametrize(
    ("composite", "first", "second", "mask_name"),
    [
        (occlusion_composite, "hallucinated", "warped", "mask"),
        (foreground_composite, "foreground", "background", "foreground_mask"),
    ],
)
Composite = Callable[..., Tensor]


@pairs
def test_pair_is_mixed_by_the_mask(
    composite: Composite, first: str, second: str, mask_name: str
) -> None:
    frames = {first: torch.full((1, 1, 1, 3), 8.0), second: torch.full((1, 1, 1, 3), -4.0)}
    weight = {mask_name: torch.tensor([[[[0.0, 0.25, 1.0]]]])}

    assert composite(**frames, **weight).tolist() == [[[[-4.0, -1.0, 8.0]]]]


def test_layers_are_mixed_as_in_equation_9() -> None:
    layers = [torch.full((1, 1, 1, 4), value) for value in (8.0, -4.0, 100.0)]
    foreground_mask = torch.tensor([[[[0.0, 1.0, 0.25, 0.25]]]])
    occlusion_mask = torch.tensor([[[[1.0, 1.0, 1.0, 0.5]]]])

    frame = layered_composite(*layers, foreground_mask, occlusion_mask)

    # m * (f * 8 + (1 - f) * -4) + (1 - m) * 100
    assert frame.tolist() == [[[[-4.0, 8.0, -1.0, 49.5]]]]


def test_layered_form_warps_the_foreground_too_and_the_released_form_does_not() -> None:
    foreground, background, warped = (torch.full((1, 3, 2, 3), v) for v in (1.0, 2.0, 3.0))
    everywhere, nowhere = torch.ones(1, 1, 2, 3), torch.zeros(1, 1, 2, 3)

    paper = layered_composite(foreground, background, warped, everywhere, nowhere)
    released = foreground_composite(
        foreground, occlusion_composite(background, warped, nowhere), everywhere
    )

    assert paper.unique().tolist() == [3]
    assert released.unique().tolist() == [1]


@law
@given(height=heights, width=widths, channels=st.integers(1, 4), seed=seeds)
def test_masks_of_0_and_1_select_one_side(
    height: int, width: int, channels: int, seed: int
) -> None:
    first, second, third = (
        rand(2, channels, height, width, seed=seed + layer) for layer in range(3)
    )
    none, every = torch.zeros(2, 1, height, width), torch.ones(2, 1, height, width)

    for composite in (occlusion_composite, foreground_composite):
        assert torch.equal(composite(first, second, every), first)
        assert torch.equal(composite(first, second, none), second)
    assert torch.equal(layered_composite(first, second, third, every, every), first)
    assert torch.equal(layered_composite(first, second, third, none, every), second)
    assert torch.equal(layered_composite(first, second, third, every, none), third)
    assert torch.equal(layered_composite(first, second, third, none, none), third)


@law
@given(height=heights, width=widths, seed=seeds)
def test_frame_stays_within_its_layers(height: int, width: int, seed: int) -> None:
    layers = torch.stack([rand(2, 3, height, width, seed=seed + layer) for layer in range(3)])
    weights = [mask(2, 1, height, width, seed=seed + layer) for layer in (3, 4)]

    def assert_between(frame: Tensor, *used: Tensor) -> None:
        stacked = torch.stack(used)
        assert (frame >= stacked.amin(0) - 1e-6).all()
        assert (frame <= stacked.amax(0) + 1e-6).all()

    first, second, third = layers
    assert_between(occlusion_composite(first, second, weights[0]), first, second)
    assert_between(foreground_composite(first, second, weights[0]), first, second)
    assert_between(layered_composite(first, second, third, *weights), first, second, third)


@pairs
def test_gradients(composite: Composite, first: str, second: str, mask_name: str) -> None:
    assert_gradients(composite, rand(2, 2, 2, 3), rand(2, 2, 2, 3, seed=1), mask(2, 1, 2, 3))


def test_gradients_of_the_layers() -> None:
    layers = [rand(1, 2, 2, 3, seed=layer) for layer in range(3)]
    assert_gradients(layered_composite, *layers, mask(1, 1, 2, 3), mask(1, 1, 2, 3, seed=1))


@pairs
def test_compiles(composite: Composite, first: str, second: str, mask_name: str) -> None:
    assert_compiles(composite, rand(1, 3, 4, 6), rand(1, 3, 4, 6, seed=1), mask(1, 1, 4, 6))


def test_layers_compile() -> None:
    layers = [rand(1, 3, 4, 6, seed=layer) for layer in range(3)]
    assert_compiles(layered_composite, *layers, mask(1, 1, 4, 6), mask(1, 1, 4, 6, seed=1))


@pairs
@pytest.mark.parametrize("shape", wrong_shapes(2, 3, 4, 6))
def test_second_frame_of_another_shape_raises(
    composite: Composite, first: str, second: str, mask_name: str, shape: tuple[int, ...]
) -> None:
    rule = rf"{composite.__name__}: {second} must have shape \(2, 3, 4, 6\) as {first}, got "
    with pytest.raises(ValueError, match=rule):
        composite(torch.zeros(2, 3, 4, 6), torch.zeros(shape), torch.zeros(2, 1, 4, 6))


@pairs
@pytest.mark.parametrize("shape", wrong_shapes(2, 1, 4, 6))
def test_mask_of_another_shape_raises(
    composite: Composite, first: str, second: str, mask_name: str, shape: tuple[int, ...]
) -> None:
    frame = torch.zeros(2, 3, 4, 6)
    rule = rf"{composite.__name__}: {mask_name} must have shape \(2, 1, 4, 6\) to fit {first}, got "
    with pytest.raises(ValueError, match=rule):
        composite(frame, frame, torch.zeros(shape))


@pairs
def test_first_frame_must_be_a_frame(
    composite: Composite, first: str, second: str, mask_name: str
) -> None:
    frame, weight = torch.zeros(1, 3, 4, 6), torch.zeros(1, 1, 4, 6)
    with pytest.raises(
        ValueError, match=rf"{first} must have shape \(B, C, H, W\) or .* \(3, 4, 6"
    ):
        composite(frame[0], frame, weight)
    with pytest.raises(TypeError, match=rf"{mask_name} must be a floating-point tensor, got torch"):
        composite(frame, frame, weight.bool())


LAYERS = {
    "foreground": (2, 3, 4, 6),
    "background": (2, 3, 4, 6),
    "warped": (2, 3, 4, 6),
    "foreground_mask": (2, 1, 4, 6),
    "occlusion_mask": (2, 1, 4, 6),
}


@pytest.mark.parametrize("name", list(LAYERS)[1:])
@pytest.mark.parametrize("axis", range(4))
def test_layer_of_another_shape_raises(name: str, axis: int) -> None:
    layers = {layer: torch.zeros(shape) for layer, shape in LAYERS.items()}
    layers[name] = torch.zeros(wrong_shapes(*LAYERS[name])[axis])

    rule = rf"layered_composite: {name} must have shape .* foreground, got "
    with pytest.raises(ValueError, match=rule):
        layered_composite(**layers)


def test_first_layer_must_be_a_frame() -> None:
    layers = {layer: torch.zeros(shape) for layer, shape in LAYERS.items()}
    layers["foreground"] = torch.zeros(3, 4, 6)

    with pytest.raises(ValueError, match=r"foreground must have shape \(B, C, H, W\) or .* got"):
        layered_composite(**layers)
