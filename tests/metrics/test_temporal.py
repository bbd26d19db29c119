"""Temporal metrics against hand numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.assertions import rand
from vidgan.functional import warping_error
from vidgan.metrics import TLP, TOF, WarpingError
from vidgan.outputs import FlowEstimate


def brightness(current: Tensor, previous: Tensor) -> FlowEstimate:
    """The flow (3, 4) times the change in brightness; trusts the left half."""
    change = (current - previous).mean((1, 2, 3), keepdim=True)
    flow = torch.cat((3 * change, 4 * change), 1).expand(-1, -1, *current.shape[2:])
    confidence = torch.zeros_like(flow[:, :1])
    confidence[..., : current.shape[3] // 2] = 1
    return FlowEstimate(flow, confidence)


def grays(*values: float) -> Tensor:
    """A video of single gray values, (1, T, 3, 4, 6)."""
    return torch.tensor(values, dtype=torch.float32).view(1, -1, 1, 1, 1).expand(1, -1, 3, 4, 6)


def test_tof_by_hand() -> None:
    metric = TOF(brightness)

    metric.update(grays(0, 0.5, 0.5), grays(0, 0.1, 0.3))  # changes 0.5, 0 and 0.1, 0.2

    assert float(metric.compute()) == pytest.approx((5 * 0.4 + 5 * 0.2) / 2)


def test_tlp_by_hand() -> None:
    metric = TLP(lambda x, y: (x - y).abs().mean((1, 2, 3)))

    metric.update(grays(0, 0.5, 0.5), grays(0, 0.1, 0.3))
    metric.update(grays(0, -0.5), grays(0, 0.5))

    assert float(metric.compute()) == pytest.approx((0.4 + 0.2 + 0) / 3)


@pytest.mark.parametrize(("normalization", "share"), [("valid", 1.0), ("all", 0.5)])
def test_warping_error_by_hand(normalization: str, share: float) -> None:
    metric = WarpingError(brightness, normalization=normalization)  # type: ignore[arg-type]

    metric.update(grays(0, 0.5, 0.5), grays(0, 0, 0))  # half of 0.5, squared

    assert float(metric.compute()) == pytest.approx(share * 0.25**2 / 2)


def test_each_video_keeps_its_own_flow() -> None:
    frames, references = rand(2, 3, 3, 4, 6), rand(2, 3, 3, 4, 6, seed=1)
    metric = WarpingError(brightness)

    metric.update(frames, references)

    estimates = [[brightness(r[t + 1][None], r[t][None]) for t in range(2)] for r in references]
    flow = torch.stack([torch.cat([e.flow for e in row]) for row in estimates])
    confidence = torch.stack([torch.cat([e.confidence for e in row]) for row in estimates])
    expected = warping_error(frames, flow, confidence).mean()
    assert float(metric.compute()) == pytest.approx(float(expected))


@pytest.mark.parametrize("metric", [WarpingError(brightness), TOF(brightness), TLP(torch.dist)])
def test_bad_videos(metric: TOF) -> None:
    with pytest.raises(ValueError, match=r"frames must hold 2 frames or more, got 1"):
        metric.update(grays(0), grays(0))
    with pytest.raises(ValueError, match=r"references must have shape .* as in frames"):
        metric.update(grays(0, 1), grays(0, 1, 1))


def test_unknown_normalization() -> None:
    with pytest.raises(ValueError, match=r"WarpingError: normalization must be one of 'all'"):
        WarpingError(brightness, normalization="mean")  # type: ignore[arg-type]
