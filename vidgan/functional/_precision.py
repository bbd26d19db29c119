"""The precision in which coordinates and losses are computed."""

from __future__ import annotations

import torch
from torch import Tensor


def at_least_float32(value: Tensor) -> Tensor:
    """Return ``value`` in float32, or in float64 where it is float64 already."""
    return value.to(torch.promote_types(value.dtype, torch.float32))
