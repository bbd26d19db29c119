"""Heads that score positions of frames."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.assertions import assert_gradients, rand
from vidgan.discriminators import ProjectionLogit, SpatialHead, TemporalHead
from vidgan.protocols import FeatureHead


def changed(head: nn.Module, x: Tensor, frame: int, row: int, column: int) -> Tensor:
    """Where the logits (T, H, W) of one sample change with one position of x (1, C, T, H, W)."""
    x = x.clone().requires_grad_()
    head(x)[0, frame, row, column].backward()
    return x.grad[0].abs().sum(0) > 0


def test_projection() -> None:
    """w h + b + (W c) h / sqrt(d) with d = 4, w = 0, b = 3, W c = 2 (1 + 2) = 6 in every channel:
    3 + 4 * 6 * 5 / 2 = 63 where h = 5."""
    head = ProjectionLogit(4, 2)
    for name, weight in head.named_parameters():
        nn.init.constant_(weight, {"project.weight": 2.0, "to_logit.bias": 3.0}.get(name, 0.0))

    logits = head(torch.full((1, 2, 3, 5, 4), 5.0), torch.tensor([[1.0, 2.0]]))

    torch.testing.assert_close(logits, torch.full((1, 2, 3, 5), 63.0))


def test_condition_of_each_sample() -> None:
    head, x, conditions = ProjectionLogit(4, 3), rand(2, 2, 3, 5, 4), rand(2, 3)

    want = [head(x[i : i + 1], conditions[i : i + 1]) for i in range(2)]

    torch.testing.assert_close(head(x, conditions), torch.cat(want))
    assert not torch.allclose(head(x, conditions), head(x, conditions.flip(0)))


def test_a_spatial_head_sees_one_frame() -> None:
    """And all of it, as its norms do."""
    seen = changed(SpatialHead(4, 4), rand(1, 4, 3, 5, 6), 1, 2, 3)

    assert seen.flatten(1).any(1).tolist() == [False, True, False]


def test_a_temporal_head_sees_one_position() -> None:
    seen = changed(TemporalHead(4, 4), rand(1, 4, 5, 3, 4), 2, 1, 3)

    assert seen.any(0).nonzero().tolist() == [[1, 3]]
    assert seen[:, 1, 3].all()


@pytest.mark.parametrize("kind", [SpatialHead, TemporalHead])
def test_gradients(kind: type[FeatureHead]) -> None:
    head = kind(2, 4, condition_channels=2).double()

    assert_gradients(head, rand(1, 2, 3, 2, 3), rand(1, 2, seed=1))


@pytest.mark.parametrize("name", ["in_channels", "channels", "condition_channels"])
def test_counts_below_one_raise(name: str) -> None:
    counts = {"in_channels": 4, "channels": 4, "condition_channels": 4} | {name: 0}
    with pytest.raises(ValueError, match=f"SpatialHead: {name} must be at least 1, got 0"):
        SpatialHead(**counts)
