"""Averages of maps drawn larger than needed, in NumPy."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_MOST_SHORT = 16  # side of a square whose bytes add up to at most 16 bits


def write_averages(large: NDArray[np.uint8], side: int, out: Tensor) -> None:
    """Average squares of pixels; sums are of whole numbers, so that each result is rounded once.

    Args:
        large: (C, side * H, side * W).
        side: of the squares.
        out: (C, H, W), written: whole numbers in [0, 255] as uint8, else numbers in [0, 1].
    """
    channels, height, width = out.shape
    dtype = np.uint16 if side <= _MOST_SHORT else np.uint32
    rows = large.reshape(channels, height, side, side * width)
    columns = np.add.reduce(rows, axis=2, dtype=dtype).reshape(channels, height, width, side)
    sums = columns[..., 0].astype(np.int32)
    for place in range(1, side):
        sums += columns[..., place]
    if out.dtype == torch.uint8:
        area = side * side
        out.copy_(torch.from_numpy((sums + area // 2) // area))
    else:
        out.copy_(torch.from_numpy(sums)).div_(255 * side * side)
