"""The flow, warp and temporal losses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.assertions import (
    assert_compiles,
    assert_gradients,
    mask,
    rand,
    smooth_flow,
    wrong_shapes,
)
from tests.references import masked_l1_loop, warp_loop
from vidgan.losses import FlowLoss, TemporalLoss, WarpLoss

law = settings(max_examples=200, deadline=None)
CHANNELS = {
    "flow": 2,
    "reference": 2,
    "confidence": 1,
    "previous": 3,
    "current": 3,
    "fake": 3,
    "fake_previous": 3,
}
ARGUMENTS = {
    FlowLoss: ("flow", "reference", "confidence"),
    WarpLoss: ("flow", "previous", "current", "confidence"),
    TemporalLoss: ("fake", "fake_previous", "reference", "confidence"),
}
every_loss = pytest.mark.parametrize("loss_class", ARGUMENTS)
Loss = Callable[..., Tensor]


def inputs(
    loss_class: type[nn.Module],
    *lead: int,
    size: tuple[int, int] = (4, 6),
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
) -> dict[str, Tensor]:
    """One tensor for each argument of a loss: flows away from pixel centers, a soft confidence."""
    tensors = {}
    for position, name in enumerate(ARGUMENTS[loss_class]):
        shape = (*lead, CHANNELS[name], *size)
        make = {1: mask, 2: smooth_flow, 3: rand}[CHANNELS[name]]
        tensors[name] = make(*shape, seed=seed + position, dtype=dtype)
    return tensors


def test_flow_loss_matches_loop() -> None:
    tensors = inputs(FlowLoss, 2, dtype=torch.float64)

    loss = FlowLoss()(**tensors)

    assert loss.item() == pytest.approx(10 * masked_l1_loop(*tensors.values()))


def test_warp_loss_matches_loop() -> None:
    tensors = inputs(WarpLoss, 2, dtype=torch.float64)

    loss = WarpLoss()(**tensors)

    warped = warp_loop(tensors["previous"], tensors["flow"])
    expected = 10 * masked_l1_loop(warped, tensors["current"], tensors["confidence"])
    assert loss.item() == pytest.approx(expected)


def test_temporal_loss_matches_loop() -> None:
    tensors = inputs(TemporalLoss, 2, dtype=torch.float64)

    loss = TemporalLoss()(**tensors)

    warped = warp_loop(tensors["fake_previous"], tensors["reference"])
    expected = 10 * masked_l1_loop(tensors["fake"], warped, tensors["confidence"])
    assert loss.item() == pytest.approx(expected)


@every_loss
def test_weight_scales_the_loss(loss_class: type[nn.Module]) -> None:
    tensors = inputs(loss_class, 2)

    torch.testing.assert_close(loss_class(weight=2.5)(**tensors), loss_class()(**tensors) / 4)


@every_loss
def test_video_is_the_mean_of_its_frames(loss_class: type[nn.Module]) -> None:
    tensors = inputs(loss_class, 2, 3)
    loss = loss_class()

    frames = [loss(**{name: video[:, t] for name, video in tensors.items()}) for t in range(3)]

    torch.testing.assert_close(loss(**tensors), torch.stack(frames).mean())


@every_loss
def test_no_confidence_is_no_loss(loss_class: type[nn.Module]) -> None:
    tensors = inputs(loss_class, 2)
    tensors["confidence"] = torch.zeros(2, 1, 4, 6)

    assert loss_class()(**tensors).item() == 0


def test_temporal_loss_pulls_at_the_newer_frame_only() -> None:
    tensors = {n: t.requires_grad_() for n, t in inputs(TemporalLoss, 1).items()}

    TemporalLoss()(**tensors).backward()

    assert tensors["fake"].grad is not None
    assert tensors["fake_previous"].grad is None
    assert tensors["reference"].grad is None


@every_loss
@law
@given(height=st.integers(1, 7), width=st.integers(1, 7), seed=st.integers(0, 2**31))
def test_does_not_change_when_the_batch_is_doubled(
    loss_class: type[nn.Module], height: int, width: int, seed: int
) -> None:
    tensors = inputs(loss_class, 2, size=(height, width), seed=seed)
    loss = loss_class()

    doubled = loss(**{name: torch.cat([value, value]) for name, value in tensors.items()})

    torch.testing.assert_close(doubled, loss(**tensors))


@every_loss
def test_gradients(loss_class: type[nn.Module]) -> None:
    tensors = inputs(loss_class, 1, dtype=torch.float64)
    loss = loss_class()
    detached = {"fake_previous", "reference"} if loss_class is TemporalLoss else set()
    fixed = {name: value for name, value in tensors.items() if name in detached}
    free = [name for name in tensors if name not in detached]

    def of_free(*values: Tensor) -> Tensor:
        return loss(**fixed, **dict(zip(free, values, strict=True)))

    assert_gradients(of_free, *(tensors[name] for name in free))


@every_loss
@pytest.mark.parametrize("lead", [(2,), (2, 3)])
def test_compiles(loss_class: type[nn.Module], lead: tuple[int, ...]) -> None:
    assert_compiles(loss_class(), *inputs(loss_class, *lead).values())


@every_loss
def test_autocast_computes_in_float32(loss_class: type[nn.Module]) -> None:
    tensors = inputs(loss_class, 2)
    loss = loss_class()

    with torch.autocast("cpu", dtype=torch.bfloat16):
        under_autocast = loss(**tensors)

    torch.testing.assert_close(under_autocast, loss(**tensors), rtol=0, atol=0)


@every_loss
def test_says_its_options(loss_class: type[nn.Module]) -> None:
    assert repr(loss_class()) == f"{loss_class.__name__}(weight=10.0)"


FOLLOWERS = [
    (FlowLoss, "reference", "as flow"),
    (FlowLoss, "confidence", "to fit flow"),
    (WarpLoss, "flow", "to fit previous"),
    (WarpLoss, "current", "as previous"),
    (WarpLoss, "confidence", "to fit previous"),
    (TemporalLoss, "fake_previous", "as fake"),
    (TemporalLoss, "reference", "to fit fake"),
    (TemporalLoss, "confidence", "to fit fake"),
]


@pytest.mark.parametrize(("loss_class", "name", "why"), FOLLOWERS)
@pytest.mark.parametrize("axis", range(5))
def test_other_shape_raises(loss_class: type[nn.Module], name: str, why: str, axis: int) -> None:
    tensors = inputs(loss_class, 2, 3)
    right = tuple(tensors[name].shape)
    tensors[name] = torch.zeros(wrong_shapes(*right)[axis])

    shape = ", ".join(str(size) for size in right)
    rule = rf"{loss_class.__name__}: {name} must have shape \({shape}\) {why}, got "
    with pytest.raises(ValueError, match=rule):
        loss_class()(**tensors)


LEADERS = [(FlowLoss, "flow", "2"), (WarpLoss, "previous", "C"), (TemporalLoss, "fake", "C")]


@pytest.mark.parametrize(("loss_class", "name", "channels"), LEADERS)
def test_neither_frame_nor_video_raises(
    loss_class: type[nn.Module], name: str, channels: str
) -> None:
    tensors = inputs(loss_class, 2)
    rule = (
        rf"{loss_class.__name__}: {name} must have shape \(B, {channels}, H, W\) "
        rf"or \(B, T, {channels}, H, W\), got "
    )
    with pytest.raises(ValueError, match=rule):
        loss_class()(**{**tensors, name: tensors[name][0]})
    with pytest.raises(TypeError, match=rf"{name} must be a floating-point tensor, got torch.int"):
        loss_class()(**{**tensors, name: tensors[name].int()})


def test_flow_of_three_channels_raises() -> None:
    tensors = inputs(FlowLoss, 2)
    tensors["flow"] = torch.zeros(2, 3, 4, 6)
    with pytest.raises(ValueError, match=r"FlowLoss: flow must have shape \(B, 2, H, W\) or"):
        FlowLoss()(**tensors)
