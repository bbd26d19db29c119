"""The base class of the metrics, and the states that they share."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from vidgan.extras import import_extra

Metric: Any = import_extra("torchmetrics", "metrics").Metric


def add_sum(metric: Any, name: str, *shape: int) -> None:
    """Add a float64 state of zeros that is summed over processes."""
    metric.add_state(name, default=torch.zeros(shape, dtype=torch.float64), dist_reduce_fx="sum")


def add_mean(metric: Any, *shape: int) -> None:
    """Add the states of a mean: a sum and a count, of this shape."""
    add_sum(metric, "total", *shape)
    add_sum(metric, "count", *shape)


def update_mean(metric: Any, values: Tensor) -> None:
    """Add values, any shape, to the mean of all."""
    metric.total += values.double().sum()
    metric.count += values.numel()


def update_curve(metric: Any, values: Tensor, name: str) -> None:
    """Add the values of videos, (B, T), to the mean at each time; the rest stays as it is."""
    length, longest = values.shape[1], metric.total.shape[0]
    if length > longest:
        raise ValueError(
            f"{name}: a video gives {length} values, more than the {longest} of num_frames; give "
            "the number of frames of the longest video"
        )
    metric.total[:length] += values.double().sum(0)
    metric.count[:length] += values.shape[0]


def mean_of(metric: Any) -> Tensor:
    """Compute the mean, NaN where nothing was added."""
    mean: Tensor = metric.total / metric.count
    return mean
