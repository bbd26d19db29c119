"""Flow that is unknown at some pixels, by a mark of Middlebury, KITTI or an engine."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tests.assertions import assert_compiles, assert_gradients, mask, rand, smooth_flow
from vidgan.discriminators import VideoDiscriminator
from vidgan.functional import (
    end_point_error,
    flow_warp,
    forward_backward_confidence,
    known_flow,
    masked_l1,
    photometric_confidence,
    resize_flow,
)
from vidgan.losses import FlowLoss, TemporalLoss, WarpLoss
from vidgan.models import multiscale_discriminator

MARKS = [1e9, 1e10, -1e9, 1.7e9, math.nan, math.inf, -math.inf]
every_mark = pytest.mark.parametrize("mark", MARKS)
PLACES = ((0, 0), (1, 2), (3, 5))  # of a map of 4 x 6: corners and one inside


def with_marks(flow: Tensor, mark: float) -> Tensor:
    """The flow with one or both components marked at PLACES."""
    marked = flow.detach().clone()
    for channel, (y, x) in zip((0, 1, slice(None)), PLACES, strict=True):
        marked[..., channel, y, x] = mark
    return marked


def known_at() -> Tensor:
    """(4, 6), 0 at PLACES and 1 elsewhere."""
    known = torch.ones(4, 6)
    for y, x in PLACES:
        known[y, x] = 0
    return known


def gradients_are_finite(*tensors: Tensor) -> bool:
    return all(t.grad is not None and bool(t.grad.isfinite().all()) for t in tensors)


class TestKnownFlow:
    @every_mark
    @pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
    def test_marks_of_every_kind(self, mark: float, dtype: torch.dtype) -> None:
        flow = smooth_flow(2, 2, 4, 6)

        vectors, known = known_flow(with_marks(flow, mark).to(dtype))

        assert torch.equal(known, known_at().expand(2, 1, 4, 6).to(dtype))
        assert torch.equal(vectors, (flow * known_at()).to(dtype))

    def test_known_flow_stays_bit_for_bit(self) -> None:
        flow = torch.tensor([0.0, -0.0, 1e8, -99_999.0, 1e-30, -2.5]).view(1, 2, 1, 3)

        vectors, known = known_flow(flow)

        assert torch.equal(vectors.view(torch.int32), flow.view(torch.int32))
        assert known.all()

    def test_any_leading_axes(self) -> None:
        assert known_flow(torch.zeros(2, 4, 6))[1].shape == (1, 4, 6)
        assert known_flow(torch.zeros(3, 5, 2, 4, 6))[1].shape == (3, 5, 1, 4, 6)

    def test_no_gradient_flows_into_unknown_vectors(self) -> None:
        flow = with_marks(rand(1, 2, 4, 6), math.nan).requires_grad_()

        known_flow(flow)[0].sum().backward()

        assert torch.equal(flow.grad, known_at().expand(1, 2, 4, 6))

    def test_compiles(self) -> None:
        assert_compiles(known_flow, rand(1, 2, 4, 6))

    def test_not_a_flow(self) -> None:
        with pytest.raises(ValueError, match=r"known_flow: flow must have shape \(\.\.\., 2, H, W"):
            known_flow(torch.zeros(1, 3, 4, 6))


@every_mark
class TestNeverCounts:
    def test_warp_takes_the_pixel_at_its_own_place(self, mark: float) -> None:
        image, flow = rand(2, 3, 4, 6), smooth_flow(2, 2, 4, 6)
        unknown = known_at() == 0

        warped = flow_warp(image, with_marks(flow, mark))

        # The others are as they were; the identity is exact up to the rounding of the grid.
        assert torch.equal(warped[..., ~unknown], flow_warp(image, flow)[..., ~unknown])
        torch.testing.assert_close(warped[..., unknown], image[..., unknown])

    def test_warp_with_zeros_is_zero(self, mark: float) -> None:
        flow = with_marks(torch.zeros(1, 2, 4, 6), mark)

        warped = flow_warp(torch.ones(1, 1, 4, 6), flow, padding_mode="zeros")

        torch.testing.assert_close(warped[0, 0], known_at())

    @pytest.mark.parametrize("padding_mode", ["border", "zeros"])
    def test_warp_has_finite_gradients(self, mark: float, padding_mode: str) -> None:
        image = rand(1, 3, 4, 6).requires_grad_()
        flow = with_marks(smooth_flow(1, 2, 4, 6), mark).requires_grad_()

        flow_warp(image, flow, padding_mode=padding_mode).square().sum().backward()

        assert gradients_are_finite(image, flow)
        assert flow.grad[..., known_at() == 0].abs().max() == 0

    def test_photometric_confidence(self, mark: float) -> None:
        frame = torch.zeros(2, 3, 4, 6)  # of one color: any vector seems right

        confidence = photometric_confidence(frame, frame, with_marks(torch.zeros(2, 2, 4, 6), mark))

        assert torch.equal(confidence, known_at().expand(2, 1, 4, 6))

    def test_forward_backward_confidence_of_the_forward_flow(self, mark: float) -> None:
        still = torch.zeros(1, 2, 4, 6)

        confidence = forward_backward_confidence(with_marks(still, mark), still)

        assert torch.equal(confidence[0, 0], known_at())

    def test_forward_backward_confidence_where_the_way_back_is_unknown(self, mark: float) -> None:
        right = torch.tensor([1.0, 0.0]).view(1, 2, 1, 1).expand(1, 2, 4, 6)

        confidence = forward_backward_confidence(right, with_marks(-right, mark))

        expected = torch.ones(4, 6)
        expected[:, 5] = 0  # leaves the frame
        expected[1, 1] = expected[3, 4] = 0  # (1, 2) and (3, 5) are where these arrive
        assert torch.equal(confidence[0, 0], expected)

    def test_a_way_back_that_is_half_unknown_is_not_trusted(self, mark: float) -> None:
        half = torch.tensor([0.5, 0.0]).view(1, 2, 1, 1).expand(1, 2, 4, 6)

        confidence = forward_backward_confidence(half, with_marks(-half, mark))

        assert confidence[0, 0, 1].tolist() == [1, 0, 0, 1, 1, 0]  # between 1 and 2, 2 and 3

    def test_end_point_error_leaves_them_out(self, mark: float) -> None:
        flow = torch.zeros(1, 2, 4, 6).requires_grad_()
        reference = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1).expand(1, 2, 4, 6).clone()
        reference[..., 2, 2] *= 3  # one error of 15, and 20 of 5

        error = end_point_error(flow, with_marks(reference, mark))

        error.backward()
        assert error.item() == pytest.approx((20 * 5 + 15) / 21)
        assert gradients_are_finite(flow)
        assert flow.grad[..., known_at() == 0].abs().max() == 0

    def test_end_point_error_with_a_mask(self, mark: float) -> None:
        flow = torch.zeros(1, 2, 4, 6).requires_grad_()
        reference = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1).expand(1, 2, 4, 6).clone()
        reference[..., 2, 2] *= 3
        weight = torch.full((1, 1, 4, 6), 0.5)
        weight[..., 2, 2] = 1

        error = end_point_error(flow, with_marks(reference, mark), weight)

        error.backward()
        assert error.item() == pytest.approx((20 * 0.5 * 5 + 15) / (20 * 0.5 + 1))
        assert gradients_are_finite(flow)

    def test_masked_l1_of_an_unknown_target(self, mark: float) -> None:
        flow, target = rand(2, 2, 4, 6).requires_grad_(), rand(2, 2, 4, 6, seed=1)
        weight = mask_of(2).requires_grad_()

        loss = masked_l1(flow, with_marks(target, mark), weight)

        loss.backward()
        torch.testing.assert_close(loss, masked_l1(flow, target, weight * known_at()))
        assert gradients_are_finite(flow, weight)

    def test_masked_l1_where_the_mask_is_zero(self, mark: float) -> None:
        bad, target = with_marks(rand(2, 2, 4, 6), mark), rand(2, 2, 4, 6, seed=1)
        given, weight = bad.clone().requires_grad_(), known_at().expand(2, 1, 4, 6)

        loss = masked_l1(given, target, weight)

        loss.backward()
        expected = masked_l1(bad.nan_to_num(0, 0, 0), target, weight)
        assert loss.item() == pytest.approx(expected.item())
        assert gradients_are_finite(given)

    @pytest.mark.parametrize("lead", [(2,), (2, 3)])
    @pytest.mark.parametrize(
        ("loss_class", "channels", "unknown"),
        [
            (FlowLoss, {"flow": 2, "reference": 2}, "reference"),
            (WarpLoss, {"flow": 2, "previous": 3, "current": 3}, "flow"),
            (TemporalLoss, {"fake": 3, "fake_previous": 3, "reference": 2}, "reference"),
        ],
    )
    def test_losses(
        self, mark: float, lead: tuple, loss_class: type, channels: dict, unknown: str
    ) -> None:
        tensors = {
            name: rand(*lead, size, 4, 6, seed=seed)
            for seed, (name, size) in enumerate(channels.items())
        }
        confidence = torch.ones(*lead, 1, 4, 6)
        expected = loss_class()(**tensors, confidence=confidence * known_at())

        tensors[unknown] = with_marks(tensors[unknown], mark)
        leaves = {name: value.requires_grad_() for name, value in tensors.items()}
        loss = loss_class()(**leaves, confidence=confidence)

        loss.backward()
        assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
        assert all(bool(t.grad.isfinite().all()) for t in leaves.values() if t.grad is not None)

    def test_resized_flow(self, mark: float) -> None:
        flow = torch.tensor([2.0, -3.0]).view(1, 2, 1, 1).expand(1, 2, 4, 6)

        vectors, known = known_flow(resize_flow(with_marks(flow, mark), (7, 11)))

        # Twice the vectors, and nothing of the mark around the unknown pixels.
        expected = torch.tensor([4.0, -6.0]).view(1, 2, 1, 1)
        torch.testing.assert_close(vectors, expected * known)
        assert torch.equal(known[0, 0, ::2, ::2], known_at())
        assert known[0, 0, 0, 1] == 1  # half of its weight is known
        assert known.mean() > 0.9

    def test_video_discriminator_sees_no_motion(self, mark: float) -> None:
        d_v = VideoDiscriminator(multiscale_discriminator(13, base_channels=4, num_scales=1))
        frames, flows = rand(1, 3, 3, 32, 32), rand(1, 2, 2, 32, 32, seed=1)
        zero, marked = flows.clone(), flows.clone()
        zero[..., 5, 6], marked[..., 5, 6] = 0, mark

        got, expected = (d_v(frames, given)[0].logits for given in (marked, zero))

        assert torch.equal(got, expected)


def mask_of(batch: int) -> Tensor:
    return mask(batch, 1, 4, 6, seed=2)


def test_an_unknown_estimate_is_an_error() -> None:
    flow = with_marks(rand(1, 2, 4, 6), math.nan)

    assert end_point_error(flow, rand(1, 2, 4, 6, seed=1)).isnan()
    assert end_point_error(flow, flow, known_at().view(1, 1, 4, 6)).item() == 0


def test_a_reference_that_is_nowhere_known() -> None:
    flow, nowhere = rand(1, 2, 4, 6).requires_grad_(), torch.full((1, 2, 4, 6), math.nan)
    ones = torch.ones(1, 1, 4, 6)

    losses = [
        end_point_error(flow, nowhere),
        end_point_error(flow, nowhere, ones),
        FlowLoss()(flow, nowhere, ones),
    ]

    sum(losses).backward()
    assert [loss.item() for loss in losses] == [0, 0, 0]
    assert flow.grad.abs().max() == 0
    assert resize_flow(nowhere, (2, 3)).isnan().all()


def test_a_network_that_generates_nan_is_not_hidden() -> None:
    flow, reference = rand(1, 2, 4, 6), rand(1, 2, 4, 6, seed=1)
    flow[0, 0, 2, 2] = math.nan

    assert FlowLoss()(flow, reference, torch.ones(1, 1, 4, 6)).isnan()


def test_gradients_around_unknown_vectors() -> None:
    target = with_marks(rand(1, 2, 4, 6, dtype=torch.float64), math.nan)
    assert_gradients(lambda flow: end_point_error(flow, target), rand(1, 2, 4, 6, seed=1))
    assert_gradients(
        lambda flow: masked_l1(flow, target, mask_of(1).double()), rand(1, 2, 4, 6, seed=3)
    )
