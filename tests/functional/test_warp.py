"""The warp, against loops, recorded numbers and laws."""

from __future__ import annotations

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor

from tests.assertions import assert_compiles, assert_gradients, rand, smooth_flow, wrong_shapes
from tests.references import warp_loop
from vidgan.functional import flow_warp

law = settings(max_examples=200, deadline=None)
sizes = st.integers(1, 24)
seeds = st.integers(0, 2**31)


@pytest.mark.parametrize("case", range(5))
def test_matches_recorded_warps(shared, case: int) -> None:
    data = load_file(shared / "golden" / "flow_warp.safetensors")

    warped = flow_warp(data[f"case{case}.image"], data[f"case{case}.flow"])

    torch.testing.assert_close(warped, data[f"case{case}.warped"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("padding_mode", ["border", "zeros"])
@pytest.mark.parametrize("size", [(5, 9), (1, 6), (6, 1), (1, 1)])
def test_matches_loop(size: tuple[int, int], padding_mode: str) -> None:
    image = rand(2, 3, *size, dtype=torch.float64)
    flow = 3 * rand(2, 2, *size, seed=1, dtype=torch.float64)

    warped = flow_warp(image, flow, padding_mode=padding_mode)

    torch.testing.assert_close(warped, warp_loop(image, flow, padding_mode=padding_mode))


def test_flow_points_to_where_the_pixel_is_taken_from() -> None:
    image = torch.arange(6.0).view(1, 1, 2, 3)
    right, down = torch.zeros(1, 2, 2, 3), torch.zeros(1, 2, 2, 3)
    right[:, 0] = 1
    down[:, 1] = 1

    assert flow_warp(image, right).tolist() == [[[[1, 2, 2], [4, 5, 5]]]]
    assert flow_warp(image, down).tolist() == [[[[3, 4, 5], [3, 4, 5]]]]
    assert flow_warp(image, down, padding_mode="zeros").tolist() == [[[[3, 4, 5], [0, 0, 0]]]]


@law
@example(height=3, width=512, seed=0)
@example(height=512, width=2, seed=1)
@given(height=sizes, width=st.integers(1, 512), seed=seeds)
def test_zero_flow_is_the_identity(height: int, width: int, seed: int) -> None:
    image = rand(1, 3, height, width, seed=seed)

    warped = flow_warp(image, torch.zeros(1, 2, height, width))

    torch.testing.assert_close(warped, image, rtol=0, atol=1e-4)


@law
@example(height=3, width=512, seed=0)
@given(height=sizes, width=st.integers(1, 512), seed=seeds)
def test_zero_flow_is_the_identity_in_float64(height: int, width: int, seed: int) -> None:
    image = rand(1, 3, height, width, seed=seed, dtype=torch.float64)

    warped = flow_warp(image, torch.zeros(1, 2, height, width, dtype=torch.float64))

    torch.testing.assert_close(warped, image, rtol=0, atol=1e-12)


def test_texture_survives_thirty_warps_by_zero_flow() -> None:
    stripes = torch.ones(1, 1, 64, 512)
    stripes[..., 1::2] = -1  # the finest texture there is

    warped = stripes
    for _ in range(30):
        warped = flow_warp(warped, torch.zeros(1, 2, 64, 512))

    torch.testing.assert_close(warped, stripes, rtol=0, atol=2e-3)


@law
@given(
    height=st.integers(4, 24),
    width=st.integers(4, 24),
    dx=st.integers(-3, 3),
    dy=st.integers(-3, 3),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    seed=seeds,
)
def test_whole_pixels_are_an_exact_shift_inside(
    height: int, width: int, dx: int, dy: int, dtype: torch.dtype, seed: int
) -> None:
    image = rand(2, 3, height, width, seed=seed, dtype=dtype)
    flow = torch.tensor([dx, dy], dtype=dtype).view(1, 2, 1, 1).expand(2, 2, height, width)
    rows = slice(max(0, -dy), min(height, height - dy))
    columns = slice(max(0, -dx), min(width, width - dx))

    warped = flow_warp(image, flow)

    expected = image.roll((-dy, -dx), dims=(2, 3))
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    torch.testing.assert_close(
        warped[..., rows, columns], expected[..., rows, columns], rtol=0, atol=tolerance
    )


@law
@given(
    height=sizes,
    width=sizes,
    factors=st.tuples(st.floats(-3, 3), st.floats(-3, 3)),
    padding_mode=st.sampled_from(["border", "zeros"]),
    seed=seeds,
)
def test_is_linear_in_the_image(
    height: int, width: int, factors: tuple[float, float], padding_mode: str, seed: int
) -> None:
    first = rand(2, 2, height, width, seed=seed, dtype=torch.float64)
    second = rand(2, 2, height, width, seed=seed + 1, dtype=torch.float64)
    flow = 8 * rand(2, 2, height, width, seed=seed + 2, dtype=torch.float64)

    def warp(image: Tensor) -> Tensor:
        return flow_warp(image, flow, padding_mode=padding_mode)

    mixed = warp(factors[0] * first + factors[1] * second)

    expected = factors[0] * warp(first) + factors[1] * warp(second)
    torch.testing.assert_close(mixed, expected, rtol=0, atol=1e-12)


def test_autocast_samples_in_float32() -> None:
    image, flow = rand(1, 3, 4, 2048), 20 * rand(1, 2, 4, 2048, seed=1)
    expected = flow_warp(image, flow)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        warped = flow_warp(image, flow)

    assert warped.dtype == torch.float32
    torch.testing.assert_close(warped, expected, rtol=0, atol=0)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("autocast", [False, True])
def test_half_precision_is_sampled_in_float32(dtype: torch.dtype, autocast: bool) -> None:
    image, flow = rand(1, 3, 4, 2048).to(dtype), rand(1, 2, 4, 2048, seed=1).to(dtype)

    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
        warped = flow_warp(image, flow)

    assert warped.dtype == dtype
    expected = flow_warp(image.float(), flow.float()).to(dtype)
    torch.testing.assert_close(warped, expected, rtol=0, atol=0)


def test_float64_flow_raises_the_precision_but_not_the_dtype() -> None:
    image, flow = rand(1, 3, 4, 6), rand(1, 2, 4, 6, seed=1, dtype=torch.float64)

    warped = flow_warp(image, flow)

    assert warped.dtype == torch.float32
    torch.testing.assert_close(warped, flow_warp(image.double(), flow).float(), rtol=0, atol=0)


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_on_a_gpu_samples_in_float32(dtype: torch.dtype) -> None:
    image, flow = rand(1, 3, 4, 2048).cuda(), 20 * rand(1, 2, 4, 2048, seed=1).cuda()
    expected = flow_warp(image.cpu(), flow.cpu())

    with torch.autocast("cuda", dtype=dtype):
        warped = flow_warp(image, flow)

    assert warped.dtype == torch.float32
    torch.testing.assert_close(warped.cpu(), expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("padding_mode", ["border", "zeros"])
def test_gradients(padding_mode: str) -> None:
    assert_gradients(
        lambda image, flow: flow_warp(image, flow, padding_mode=padding_mode),
        rand(2, 2, 4, 5),
        smooth_flow(2, 2, 4, 5),
    )


@pytest.mark.parametrize("padding_mode", ["border", "zeros"])
def test_compiles(padding_mode: str) -> None:
    flow = 3 * rand(2, 2, 4, 6, seed=1)
    assert_compiles(flow_warp, rand(2, 3, 4, 6), flow, padding_mode=padding_mode)


def test_keeps_its_arguments_unchanged() -> None:
    image, flow = rand(1, 3, 4, 6), rand(1, 2, 4, 6, seed=1)
    before = image.clone(), flow.clone()

    flow_warp(image, flow)

    torch.testing.assert_close((image, flow), before, rtol=0, atol=0)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_flow_that_is_not_finite_is_named_where_asked(value: float) -> None:
    image, flow = rand(1, 3, 4, 6), torch.zeros(1, 2, 4, 6)
    flow[0, 1, 2, 5] = value

    assert flow_warp(image, flow).shape == image.shape
    with pytest.raises(ValueError, match=r"flow has 1 values .* at index \(0, 1, 2, 5\)"):
        flow_warp(image, flow, check_finite=True)
    assert flow_warp(image, torch.zeros_like(flow), check_finite=True).isfinite().all()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_flow_that_is_not_finite_leaves_the_other_gradients_alone(value: float) -> None:
    flow = 2 * rand(1, 2, 64, 96) - 1

    def gradients(bad: float | None) -> tuple[Tensor, Tensor]:
        image = rand(1, 3, 64, 96).requires_grad_()
        given = flow.clone()
        if bad is not None:
            given[0, 0, 3, 4] = bad
        given.requires_grad_()
        flow_warp(image, given)[..., 8:, :].sum().backward()  # on the CPU NaN killed the process
        return image.grad, given.grad

    for with_bad, without in zip(gradients(value), gradients(None), strict=True):
        torch.testing.assert_close(with_bad, without)


@pytest.mark.parametrize("shape", [*wrong_shapes(2, 2, 4, 6), (2, 4, 6), (2, 2, 6, 4)])
def test_flow_of_another_shape_raises(shape: tuple[int, ...]) -> None:
    rule = r"flow_warp: flow must have shape \(2, 2, 4, 6\) to fit image, got "
    with pytest.raises(ValueError, match=rule):
        flow_warp(rand(2, 3, 4, 6), torch.zeros(shape))


def test_image_of_another_number_of_dimensions_raises() -> None:
    with pytest.raises(
        ValueError, match=r"image must have shape \(B, C, H, W\) or .* got \(3, 4, 6\)"
    ):
        flow_warp(rand(3, 4, 6), torch.zeros(1, 2, 4, 6))


@pytest.mark.parametrize("size", [(0, 6), (4, 0)])
def test_empty_image_raises(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="flow_warp: image must have at least one pixel"):
        flow_warp(torch.zeros(1, 3, *size), torch.zeros(1, 2, *size))


def test_whole_numbers_raise() -> None:
    image, flow = torch.zeros(1, 3, 4, 6), torch.zeros(1, 2, 4, 6)
    with pytest.raises(TypeError, match=r"image must be a floating-point tensor, got torch.uint8"):
        flow_warp(image.byte(), flow)
    with pytest.raises(TypeError, match=r"flow must be a floating-point tensor, got torch.int64"):
        flow_warp(image, flow.long())
    with pytest.raises(TypeError, match=r"flow must be a torch.Tensor, got ndarray"):
        flow_warp(image, flow.numpy())


def test_unknown_padding_raises() -> None:
    with pytest.raises(ValueError, match="padding_mode must be one of 'border', 'zeros'"):
        flow_warp(rand(1, 3, 4, 6), torch.zeros(1, 2, 4, 6), padding_mode="reflection")
