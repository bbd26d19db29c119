"""Windows of frames and condition maps as the input of a 2-D convolution."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor


def join_time(window: Tensor) -> Tensor:
    """Stack the frames of ``window`` (B, T, C, H, W) into channels, (B, T C, H, W), oldest first.

    No layout is copied in which the channels of all frames of a pixel lie side by side.
    """
    maps: Tensor = rearrange(window, "B T C H W -> B (T C) H W")
    if maps.shape[1] > 1 and maps.is_contiguous(memory_format=torch.channels_last):
        # for a batch of one, a view has strides that convolutions do not take for channels-last
        last: Tensor = rearrange(window, "B T C H W -> B H W (T C)")
        return last.permute(0, 3, 1, 2)
    return maps
