"""The window of frames or condition maps that a generator sees."""

from __future__ import annotations

import torch
from torch import Tensor


def append(
    past: Tensor, newest: Tensor, memory_format: torch.memory_format = torch.contiguous_format
) -> Tensor:
    """Return ``newest`` (B, C, H, W) after ``past`` (B, L, C, H, W) as (B, L+1, C, H, W).

    In ``torch.channels_last`` the result with frames and channels flattened, (B, (L+1) C, H, W), is
    channels-last too, without a copy.
    """
    # a new tensor, not a roll in place: the graph of an earlier frame may still need the old one
    if memory_format != torch.channels_last:
        return torch.cat([past, newest.unsqueeze(1)], 1)
    batch, length, channels, height, width = past.shape
    window = past.new_empty(batch, height, width, length + 1, channels).permute(0, 3, 4, 1, 2)
    window[:, :-1] = past
    window[:, -1] = newest
    return window


def packed(value: Tensor) -> Tensor:
    """Return a tensor with the strides of its shape alone, copied only if it is not contiguous.

    A step of a longer tensor has strides of its own, even where their dimension has size 1. A
    compiled generator would take them for another input, and compile again.
    """
    return value.contiguous().view(-1).view(value.shape)
