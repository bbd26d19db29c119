"""Flows chained over several frames, and features moved by a flow."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor

from tests.assertions import assert_compiles
from tests.assertions import rand as rand32
from vidgan.functional import (
    compose_flows,
    flow_warp,
    known_flow,
    pixel_grid,
    resize_flow,
    warp_features,
)

rand = partial(rand32, dtype=torch.float64)


def affine_flow(matrix: Tensor, shift: Tensor, size: tuple[int, int]) -> Tensor:
    """The flow p -> matrix p + shift - p of every pixel, (1, 2, H, W)."""
    grid = pixel_grid(*size, dtype=torch.float64)
    moved = torch.einsum("ij,jhw->ihw", matrix, grid) + shift[:, None, None]
    return (moved - grid)[None]


def test_pixel_grid_by_hand() -> None:
    grid = pixel_grid(2, 3, dtype=torch.float64)
    assert grid.tolist() == [[[0, 1, 2], [0, 1, 2]], [[0, 0, 0], [1, 1, 1]]]
    with pytest.raises(ValueError, match="pixel_grid: width must be at least 1, got 0"):
        pixel_grid(2, 0)


def test_a_flow_and_the_grid_say_where_pixels_come_from() -> None:
    """`grid_sample` at the places in pixels is the warp."""
    image, flow = rand(2, 3, 7, 9), 6 * rand(2, 2, 7, 9, seed=1) - 3
    places = pixel_grid(7, 9, dtype=torch.float64) + flow
    scale = torch.tensor([2 / 8, 2 / 6], dtype=torch.float64)
    grid = places.permute(0, 2, 3, 1) * scale - 1
    want = torch.nn.functional.grid_sample(image, grid, padding_mode="border", align_corners=True)
    torch.testing.assert_close(flow_warp(image, flow), want, rtol=0, atol=1e-12)


def test_affine_flows_compose_as_their_matrices() -> None:
    size = (24, 32)
    turn = torch.tensor([[0.98, -0.1], [0.1, 0.97]], dtype=torch.float64)
    scale = torch.tensor([[1.05, 0.0], [0.02, 0.95]], dtype=torch.float64)
    first, second = torch.tensor([1.5, -0.5]).double(), torch.tensor([-2.0, 1.0]).double()
    flow, earlier = affine_flow(turn, first, size), affine_flow(scale, second, size)
    want = affine_flow(scale @ turn, scale @ first + second, size)

    got, known = known_flow(compose_flows(flow, earlier))

    inside = pixel_grid(*size, dtype=torch.float64) + flow[0]
    leaves = (inside < 0).any(0) | (inside[0] > size[1] - 1) | (inside[1] > size[0] - 1)
    assert torch.equal(known[0, 0] == 0, leaves)
    assert 0 < int(leaves.sum()) < leaves.numel() / 2
    torch.testing.assert_close(got, torch.where(leaves, 0.0, want), rtol=0, atol=1e-11)


def test_warping_twice_is_warping_by_the_composed_flow() -> None:
    """Exactly so for whole pixels, where nothing is interpolated."""
    image = rand(1, 3, 12, 16)
    flow, earlier = torch.zeros(2, 1, 2, 12, 16, dtype=torch.float64)
    flow[:, 0], flow[:, 1], earlier[:, 0], earlier[:, 1] = 2, -1, -3, 2
    twice = flow_warp(flow_warp(image, earlier), flow)
    composed, known = known_flow(compose_flows(flow, earlier))
    once = flow_warp(image, composed)
    inner = (..., slice(3, -3), slice(4, -4))
    assert bool((known[inner] == 1).all())
    torch.testing.assert_close(once[inner], twice[inner], rtol=0, atol=1e-12)


def test_unknown_vectors_stay_unknown() -> None:
    flow, earlier = torch.zeros(2, 1, 2, 3, 5)
    flow[:, 0] = 1
    flow[0, :, 0, 0] = torch.nan
    earlier[0, 0, 1, 3] = 1e9
    known = known_flow(compose_flows(flow, earlier))[1][0, 0]
    assert known.tolist() == [[0, 1, 1, 1, 0], [1, 1, 0, 1, 0], [1, 1, 1, 1, 0]]
    # a vector between two pixels, one of them unknown
    flow[:, 0] = 0.5
    assert known_flow(compose_flows(flow, earlier))[1][0, 0, 1].tolist() == [1, 1, 0, 0, 0]


def test_features_of_a_third_of_the_size() -> None:
    features, flow = rand(1, 5, 4, 6), torch.full((1, 2, 10, 16), 3.0).double()
    by_hand = torch.ones(1, 2, 4, 6).double()  # (4 - 1) / (10 - 1) = (6 - 1) / (16 - 1) = 1 / 3
    torch.testing.assert_close(
        warp_features(features, flow), flow_warp(features, by_hand), rtol=0, atol=1e-12
    )
    same = rand(1, 2, 4, 6, seed=3)
    assert torch.equal(warp_features(features, same), flow_warp(features, same))


@pytest.mark.parametrize("function", [warp_features, flow_warp, compose_flows])
def test_clips_are_their_frames(function) -> None:
    channels = 2 if function is compose_flows else 5
    size = (6, 8) if function is warp_features else (4, 6)
    image, flow = rand(2, 3, channels, 4, 6), 4 * rand(2, 3, 2, *size, seed=1) - 2
    clip = function(image, flow)
    assert clip.shape == image.shape
    for t in range(3):
        assert torch.equal(
            clip[:, t].nan_to_num(9.0), function(image[:, t], flow[:, t]).nan_to_num(9.0)
        )


def test_gradients() -> None:
    features = rand(1, 2, 4, 5).requires_grad_()
    flow = (1.7 * rand(1, 2, 6, 7, seed=1) + 0.1).requires_grad_()
    assert torch.autograd.gradcheck(warp_features, (features, flow))
    one = (0.3 * rand(1, 2, 5, 6) + 0.1).requires_grad_()
    other = (0.3 * rand(1, 2, 5, 6, seed=1) + 0.1).requires_grad_()
    # the unknown vectors at the right and the bottom are constant
    assert torch.autograd.gradcheck(lambda a, b: known_flow(compose_flows(a, b))[0], (one, other))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_dtypes(dtype: torch.dtype) -> None:
    features, flow = rand(1, 2, 4, 5).to(dtype), rand(1, 2, 6, 7).to(dtype)
    assert warp_features(features, flow).dtype == dtype
    assert compose_flows(flow, flow).dtype == dtype


@pytest.mark.slow
def test_compiled() -> None:
    features, flow = rand(1, 2, 4, 5).float(), rand(1, 2, 6, 7).float()
    assert_compiles(warp_features, features, flow)
    assert_compiles(lambda a, b: known_flow(compose_flows(a, b))[0], flow, flow)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: flow_warp(rand(1, 2, 3, 4, 5), rand(1, 2, 4, 5)), "flow_warp: flow must have"),
        (lambda: compose_flows(rand(1, 2, 4, 5), rand(1, 2, 4, 6)), "earlier must have shape"),
        (lambda: compose_flows(rand(1, 3, 4, 5), rand(1, 3, 4, 5)), "flow must have shape"),
        (lambda: warp_features(rand(2, 3, 4, 5), rand(1, 2, 4, 5)), "flow must have shape"),
        (lambda: warp_features(rand(3, 4, 5), rand(1, 2, 4, 5)), "features must have shape"),
    ],
)
def test_bad_input(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


class Warp(torch.nn.Module):
    def forward(self, image: Tensor, flow: Tensor) -> Tensor:
        return flow_warp(image, flow)


@pytest.mark.slow
def test_an_exported_warp_takes_other_sizes() -> None:
    height, width = torch.export.Dim("height", min=2), torch.export.Dim("width", min=2)
    shapes = {name: {2: height, 3: width} for name in ("image", "flow")}
    traced = (rand(1, 3, 8, 12).float(), rand(1, 2, 8, 12).float())
    program = torch.export.export(Warp(), traced, dynamic_shapes=shapes).module()
    for size in ((8, 12), (17, 33), (64, 48)):
        image, flow = rand(1, 3, *size).float(), (8 * rand(1, 2, *size, seed=1) - 4).float()
        torch.testing.assert_close(program(image, flow), flow_warp(image, flow), rtol=0, atol=1e-5)
    flow = resize_flow(flow, (9, 5))
    assert program(rand(1, 3, 9, 5).float(), flow).shape == (1, 3, 9, 5)
