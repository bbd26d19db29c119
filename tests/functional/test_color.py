"""Flow as a picture, against the color wheel's known colors."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torchvision.utils import flow_to_image

from tests.assertions import assert_compiles, rand
from vidgan.functional import flow_to_color


def color_of(x: float, y: float, *, max_magnitude: float = 1.0) -> Tensor:
    """The color of one vector."""
    flow = torch.tensor([x, y], dtype=torch.float32).view(1, 2, 1, 1)
    return flow_to_color(flow, max_magnitude=max_magnitude)[0, :, 0, 0]


def test_no_motion_is_white() -> None:
    flow = torch.zeros(2, 2, 3, 5)

    assert torch.equal(flow_to_color(flow), torch.ones(2, 3, 3, 5))
    assert torch.equal(flow_to_color(flow, max_magnitude=4), torch.ones(2, 3, 3, 5))


def test_directions_of_the_wheel() -> None:
    right, left, down, up = (color_of(*vector) for vector in [(1, 0), (-1, 0), (0, 1), (0, -1)])

    assert right.argmax() == 0  # red
    assert right[1:].max() < 0.1
    assert left[0] < 0.1  # cyan to blue
    assert left[1:].min() > 0.4
    assert down[:2].min() > 0.8  # yellow
    assert down[2] < 0.1
    assert up[1] < 0.1  # violet
    assert up[2] > 0.8


def test_longer_vectors_are_more_saturated() -> None:
    whiteness = [color_of(x, 0).min().item() for x in (0.1, 0.4, 0.7, 1.0)]

    assert whiteness == sorted(whiteness, reverse=True)


def test_default_scale_is_the_longest_vector() -> None:
    flow = 7 * rand(2, 2, 4, 6)

    by_torchvision = flow_to_image(flow).float() / 255
    torch.testing.assert_close(flow_to_color(flow), by_torchvision, rtol=0, atol=1.5 / 255)


def test_fixed_scale_makes_pictures_comparable() -> None:
    flow = rand(1, 2, 4, 6)
    longest = flow.square().sum(1).sqrt().max().item()

    same = flow_to_color(flow, max_magnitude=longest)
    half = flow_to_color(flow / 2, max_magnitude=longest / 2)
    faint = flow_to_color(flow / 2, max_magnitude=longest)

    # 8 bits per channel, and a rounded scale: one step of 255 apart at most
    torch.testing.assert_close(same, flow_to_color(flow), rtol=0, atol=1.5 / 255)
    torch.testing.assert_close(half, same, rtol=0, atol=1.5 / 255)
    assert faint.mean() > same.mean()


def test_longer_than_the_scale_is_painted_alike() -> None:
    torch.testing.assert_close(color_of(30, -40), color_of(0.6, -0.8), rtol=0, atol=1.5 / 255)


@pytest.mark.parametrize("max_magnitude", [None, 10.0])
def test_rounding_leaves_no_odd_dots(max_magnitude: float | None) -> None:
    angle = torch.linspace(0, 2 * torch.pi, 20_000, dtype=torch.float64)
    circle = torch.stack([angle.cos(), angle.sin()]).view(1, 2, 1, -1)

    full = flow_to_color(10 * circle, max_magnitude=max_magnitude)

    inside = flow_to_color(circle, max_magnitude=1 + 1e-4)
    torch.testing.assert_close(full, inside, rtol=0, atol=2.5 / 255)


def test_any_precision_gives_float32() -> None:
    for dtype in (torch.bfloat16, torch.float64):
        picture = flow_to_color(rand(1, 2, 4, 6).to(dtype), max_magnitude=2)

        assert picture.dtype == torch.float32
        assert picture.shape == (1, 3, 4, 6)
        assert 0 <= picture.min() <= picture.max() <= 1


def test_leaves_the_gradient_out() -> None:
    assert not flow_to_color(rand(1, 2, 4, 6).requires_grad_()).requires_grad


@pytest.mark.parametrize("unknown", [float("nan"), float("inf"), 1e9])
def test_unknown_pixels_are_black_and_do_not_count(unknown: float) -> None:
    flow = rand(1, 2, 4, 6)
    marked = flow.clone()
    marked[0, 1, 2, 3] = unknown
    flow[0, :, 2, 3] = 0

    picture = flow_to_color(marked)

    assert picture[0, :, 2, 3].tolist() == [0, 0, 0]
    picture[0, :, 2, 3] = 1
    assert torch.equal(picture, flow_to_color(flow))


@pytest.mark.parametrize("max_magnitude", [None, 2.0])
def test_compiles(max_magnitude: float | None) -> None:
    assert_compiles(flow_to_color, rand(1, 2, 4, 6), max_magnitude=max_magnitude)


def test_bad_arguments_raise() -> None:
    flow = rand(1, 2, 4, 6)
    for length in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match=f"max_magnitude must be positive, got {length}"):
            flow_to_color(flow, max_magnitude=length)
    with pytest.raises(ValueError, match=r"flow must have shape \(B, 2, H, W\), got \(1, 3, 4, 6"):
        flow_to_color(rand(1, 3, 4, 6))
    with pytest.raises(TypeError, match=r"flow must be a floating-point tensor, got torch.int64"):
        flow_to_color(flow.long())
