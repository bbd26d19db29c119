"""Resizing a flow, trusting it, and measuring its error."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.assertions import (
    assert_compiles,
    assert_gradients,
    mask,
    rand,
    smooth_flow,
    wrong_shapes,
)
from tests.references import forward_backward_loop, resize_flow_loop
from vidgan.functional import (
    end_point_error,
    flow_warp,
    forward_backward_confidence,
    photometric_confidence,
    resize_flow,
)

law = settings(max_examples=200, deadline=None)


class TestResizeFlow:
    @pytest.mark.parametrize("size", [(9, 5), (3, 14), (4, 7), (1, 1), (4, 13), (7, 7)])
    def test_matches_loop(self, size: tuple[int, int]) -> None:
        flow = 5 * rand(2, 2, 4, 7, dtype=torch.float64)

        torch.testing.assert_close(resize_flow(flow, size), resize_flow_loop(flow, size))

    def test_each_axis_has_its_own_scale(self) -> None:
        flow = torch.ones(1, 2, 3, 5)

        resized = resize_flow(flow, (5, 13))

        assert resized[:, 0].unique().tolist() == [3]  # (13 - 1) / (5 - 1)
        assert resized[:, 1].unique().tolist() == [2]  # (5 - 1) / (3 - 1)

    def test_axis_of_one_pixel_stays(self) -> None:
        flow = rand(1, 2, 1, 5)

        resized = resize_flow(flow, (1, 9))

        torch.testing.assert_close(resized[:, 1, :, ::2], flow[:, 1])
        torch.testing.assert_close(resized[:, 0, :, ::2], 2 * flow[:, 0])

    @law
    @given(
        old=st.tuples(st.integers(2, 12), st.integers(2, 12)),
        new=st.tuples(st.integers(2, 24), st.integers(2, 24)),
        seed=st.integers(0, 2**31),
    )
    def test_corners_still_point_to_the_same_place(
        self, old: tuple[int, int], new: tuple[int, int], seed: int
    ) -> None:
        flow = rand(1, 2, *old, seed=seed, dtype=torch.float64)

        resized = resize_flow(flow, new)

        for axis in (0, 1):  # x is measured by the width, y by the height
            share = flow[:, axis] / (old[1 - axis] - 1)
            new_share = resized[:, axis] / (new[1 - axis] - 1)
            corners = new_share[:, :: new[0] - 1, :: new[1] - 1]
            torch.testing.assert_close(corners, share[:, :: old[0] - 1, :: old[1] - 1])

    def test_keeps_the_dtype_but_computes_in_float32(self) -> None:
        flow = 20 * rand(1, 2, 4, 7).bfloat16()

        with torch.autocast("cpu", dtype=torch.bfloat16):
            resized = resize_flow(flow, (8, 14))

        expected = resize_flow(flow.float(), (8, 14)).bfloat16()
        torch.testing.assert_close(resized, expected, rtol=0, atol=0)

    def test_gradients(self) -> None:
        assert_gradients(lambda flow: resize_flow(flow, (5, 3)), rand(1, 2, 3, 4))

    def test_compiles(self) -> None:
        assert_compiles(resize_flow, rand(1, 2, 3, 4), (5, 9))

    def test_takes_the_size_of_a_tensor(self) -> None:
        assert resize_flow(rand(1, 2, 3, 4), rand(1, 3, 6, 8).shape[-2:]).shape == (1, 2, 6, 8)

    @pytest.mark.parametrize("size", [(0, 4), (4, -1), (4,), (4, 4, 4)])
    def test_bad_size_raises(self, size: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match=r"size must be \(H, W\), each at least 1, got \("):
            resize_flow(rand(1, 2, 3, 4), size)

    def test_one_pixel_cannot_grow(self) -> None:
        with pytest.raises(ValueError, match="flow of width 1 cannot grow to width 2"):
            resize_flow(rand(1, 2, 3, 1), (3, 2))
        with pytest.raises(ValueError, match="flow of height 1 cannot grow to height 5"):
            resize_flow(rand(1, 2, 1, 3), (5, 3))

    def test_not_a_flow_raises(self) -> None:
        with pytest.raises(ValueError, match=r"flow must have shape \(B, 2, H, W\), got \(1, 3"):
            resize_flow(rand(1, 3, 4, 6), (4, 6))
        with pytest.raises(TypeError, match="resize_flow: flow must be a floating-point tensor"):
            resize_flow(torch.zeros(1, 2, 4, 6, dtype=torch.int64), (4, 6))


class TestForwardBackwardConfidence:
    def test_matches_loop(self) -> None:
        steady = torch.tensor([1.6, -0.7], dtype=torch.float64).view(1, 2, 1, 1)
        forward = steady + 0.6 * rand(2, 2, 7, 11, dtype=torch.float64)
        backward = -steady + 0.6 * rand(2, 2, 7, 11, seed=1, dtype=torch.float64)

        confidence = forward_backward_confidence(forward, backward)

        torch.testing.assert_close(confidence, forward_backward_loop(forward, backward))
        assert 0.2 < confidence.mean() < 0.8  # both answers occur

    def test_options_match_loop(self) -> None:
        forward = 1 + rand(1, 2, 7, 11, dtype=torch.float64)
        backward = -1 + rand(1, 2, 7, 11, seed=1, dtype=torch.float64)

        confidence = forward_backward_confidence(forward, backward, alpha=0.1, beta=0.2)

        expected = forward_backward_loop(forward, backward, alpha=0.1, beta=0.2)
        torch.testing.assert_close(confidence, expected)
        assert 0.05 < confidence.mean() < 0.95

    def test_a_steady_shift_is_trusted_where_it_stays_inside(self) -> None:
        forward = torch.zeros(1, 2, 3, 5)
        forward[:, 1] = -1

        confidence = forward_backward_confidence(forward, -forward)

        assert confidence[0, 0].tolist() == [[0] * 5, [1] * 5, [1] * 5]

    def test_a_flow_without_return_is_not_trusted(self) -> None:
        forward = torch.full((1, 2, 8, 9), 1.0)

        assert forward_backward_confidence(forward, forward).sum() == 0

    def test_compiles(self) -> None:
        assert_compiles(forward_backward_confidence, rand(1, 2, 4, 6), rand(1, 2, 4, 6, seed=1))

    @pytest.mark.parametrize("shape", wrong_shapes(2, 2, 4, 6))
    def test_backward_of_another_shape_raises(self, shape: tuple[int, ...]) -> None:
        rule = r"backward must have shape \(2, 2, 4, 6\) as forward, got "
        with pytest.raises(ValueError, match=rule):
            forward_backward_confidence(torch.zeros(2, 2, 4, 6), torch.zeros(shape))

    def test_not_a_flow_raises(self) -> None:
        with pytest.raises(ValueError, match=r"forward must have shape \(B, 2, H, W\), got"):
            forward_backward_confidence(torch.zeros(1, 1, 4, 6), torch.zeros(1, 2, 4, 6))

    def test_negative_tolerance_raises(self) -> None:
        flow = torch.zeros(1, 2, 4, 6)
        with pytest.raises(ValueError, match="alpha must be at least 0, got -1"):
            forward_backward_confidence(flow, flow, alpha=-1)
        with pytest.raises(ValueError, match=r"beta must be at least 0, got -0\.5"):
            forward_backward_confidence(flow, flow, beta=-0.5)


class TestPhotometricConfidence:
    def test_compares_the_squared_distance_over_channels(self) -> None:
        # 3 channels apart by 0.08: 3 * 0.0064 = 0.0192 < 0.02; by 0.09: 0.0243
        current = torch.tensor([0.08, 0.09]).expand(1, 3, 1, 2)

        confidence = photometric_confidence(
            current, torch.zeros(1, 3, 1, 2), torch.zeros(1, 2, 1, 2)
        )

        assert confidence.tolist() == [[[[1, 0]]]]
        assert confidence.dtype == torch.float32

    def test_threshold(self) -> None:
        current, previous = torch.full((1, 1, 2, 3), 0.5), torch.zeros(1, 1, 2, 3)
        flow = torch.zeros(1, 2, 2, 3)

        assert photometric_confidence(current, previous, flow, threshold=0.26).mean() == 1
        assert photometric_confidence(current, previous, flow, threshold=0.25).mean() == 0

    def test_warps_the_previous_frame(self) -> None:
        previous = rand(2, 3, 6, 9)
        flow = smooth_flow(2, 2, 6, 9)
        current = flow_warp(previous, flow)

        confidence = photometric_confidence(current, previous, flow)

        assert confidence[..., 2:-2, 2:-2].mean() == 1  # vectors are shorter than 2
        assert photometric_confidence(current, previous, -flow).mean() < 0.2
        for sample, y, x in itertools.product(range(2), range(6), range(9)):
            dx, dy = flow[sample, :, y, x].tolist()
            ends_inside = -0.5 <= x + dx <= 8.5 and -0.5 <= y + dy <= 5.5
            assert confidence[sample, 0, y, x] == ends_inside

    def test_a_vector_that_leaves_the_frame_is_not_trusted(self) -> None:
        frame = torch.zeros(1, 3, 3, 4)  # of one color: the repeated border looks right
        right, up = torch.zeros(1, 2, 3, 4), torch.zeros(1, 2, 3, 4)
        right[:, 0], up[:, 1] = 1, -2

        assert photometric_confidence(frame, frame, right)[0, 0].tolist() == [[1, 1, 1, 0]] * 3
        assert photometric_confidence(frame, frame, up)[0, 0, :, 0].tolist() == [0, 0, 1]

    @pytest.mark.parametrize(("length", "trusted"), [(0.01, 1), (0.5, 1), (0.51, 0), (50.0, 0)])
    def test_the_frame_ends_half_a_pixel_beyond_the_centers(
        self, length: float, trusted: int
    ) -> None:
        frame, flow = torch.zeros(1, 3, 1, 1), torch.zeros(1, 2, 1, 1)
        for channel, sign in itertools.product((0, 1), (1, -1)):
            flow.zero_()[:, channel] = sign * length
            assert photometric_confidence(frame, frame, flow).item() == trusted

    def test_compiles(self) -> None:
        frame = rand(1, 3, 4, 6)
        assert_compiles(photometric_confidence, frame, frame.flip(3), rand(1, 2, 4, 6, seed=1))

    @pytest.mark.parametrize("shape", wrong_shapes(2, 3, 4, 6))
    def test_previous_of_another_shape_raises(self, shape: tuple[int, ...]) -> None:
        rule = r"previous must have shape \(2, 3, 4, 6\) as current, got "
        with pytest.raises(ValueError, match=rule):
            photometric_confidence(rand(2, 3, 4, 6), torch.zeros(shape), torch.zeros(2, 2, 4, 6))

    @pytest.mark.parametrize("shape", wrong_shapes(2, 2, 4, 6))
    def test_flow_of_another_shape_raises(self, shape: tuple[int, ...]) -> None:
        frame = rand(2, 3, 4, 6)
        rule = r"photometric_confidence: flow must have shape \(2, 2, 4, 6\) to fit current, got "
        with pytest.raises(ValueError, match=rule):
            photometric_confidence(frame, frame, torch.zeros(shape))

    def test_other_bad_arguments_raise(self) -> None:
        frame, flow = rand(1, 3, 4, 6), torch.zeros(1, 2, 4, 6)
        with pytest.raises(ValueError, match=r"current must have shape \(B, C, H, W\), got \(3,"):
            photometric_confidence(frame[0], frame, flow)
        with pytest.raises(ValueError, match=r"threshold must be at least 0, got -0\.1"):
            photometric_confidence(frame, frame, flow, threshold=-0.1)


class TestEndPointError:
    def test_is_the_mean_distance(self) -> None:
        flow = torch.zeros(1, 2, 1, 3)
        flow[0, :, 0, 0] = torch.tensor([3.0, 4.0])
        flow[0, :, 0, 1] = torch.tensor([0.0, -1.0])

        assert end_point_error(flow, torch.zeros_like(flow)).item() == pytest.approx((5 + 1) / 3)

    def test_mask_weighs_the_pixels(self) -> None:
        flow = torch.tensor([[3.0, 0.0, 9.0], [4.0, 1.0, 9.0]]).view(1, 2, 1, 3)
        weight = torch.tensor([[[[1.0, 0.5, 0.0]]]])

        error = end_point_error(flow, torch.zeros_like(flow), weight)

        assert error.item() == pytest.approx((5 + 0.5 * 1) / 1.5)

    def test_empty_mask_gives_zero(self) -> None:
        flow = rand(1, 2, 4, 6)

        assert end_point_error(flow, -flow, torch.zeros(1, 1, 4, 6)).item() == 0

    @law
    @given(height=st.integers(1, 8), width=st.integers(1, 8), seed=st.integers(0, 2**31))
    def test_does_not_change_when_the_batch_is_doubled(
        self, height: int, width: int, seed: int
    ) -> None:
        flow, reference = (
            rand(2, 2, height, width, seed=seed),
            rand(2, 2, height, width, seed=seed + 1),
        )
        weight = mask(2, 1, height, width, seed=seed + 2)
        inputs = (flow, reference, weight)

        doubled = end_point_error(*(torch.cat([value, value]) for value in inputs))

        torch.testing.assert_close(doubled, end_point_error(*inputs))

    def test_a_perfect_flow_has_a_finite_gradient(self) -> None:
        flow = rand(1, 2, 4, 6).requires_grad_()

        end_point_error(flow, flow.detach()).backward()

        assert flow.grad is not None
        assert flow.grad.abs().max() == 0

    def test_gradients(self) -> None:
        inputs = rand(1, 2, 3, 4), rand(1, 2, 3, 4, seed=1)
        assert_gradients(end_point_error, *inputs)
        assert_gradients(end_point_error, *inputs, mask(1, 1, 3, 4, seed=2))

    def test_compiles(self) -> None:
        assert_compiles(
            end_point_error, rand(1, 2, 4, 6), rand(1, 2, 4, 6, seed=1), mask(1, 1, 4, 6)
        )

    def test_half_precision_is_averaged_in_float32(self) -> None:
        flow = torch.full((1, 2, 64, 96), 300.0, dtype=torch.float16)

        error = end_point_error(flow, torch.zeros_like(flow))

        assert error.dtype == torch.float32
        assert error.item() == pytest.approx(300 * math.sqrt(2), rel=1e-6)

    @pytest.mark.parametrize("shape", wrong_shapes(2, 2, 4, 6))
    def test_reference_of_another_shape_raises(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match=r"reference must have shape \(2, 2, 4, 6\) as flow"):
            end_point_error(torch.zeros(2, 2, 4, 6), torch.zeros(shape))

    @pytest.mark.parametrize("shape", wrong_shapes(2, 1, 4, 6))
    def test_mask_of_another_shape_raises(self, shape: tuple[int, ...]) -> None:
        flow = torch.zeros(2, 2, 4, 6)
        with pytest.raises(ValueError, match=r"mask must have shape \(2, 1, 4, 6\) to fit flow"):
            end_point_error(flow, flow, torch.zeros(shape))

    def test_not_a_flow_raises(self) -> None:
        with pytest.raises(ValueError, match=r"flow must have shape \(B, 2, H, W\), got \(1, 1"):
            end_point_error(torch.zeros(1, 1, 4, 6), torch.zeros(1, 2, 4, 6))
