"""Memory for results that are too large for the caches."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def empty_maps(shape: Sequence[int], like: Tensor) -> Tensor:
    """Allocate a tensor with the dtype and the device of another.

    NumPy asks for huge pages where the memory is large: without them the first touch of every page
    takes most of the time of an operation that only writes its result.
    """
    if like.device.type != "cpu" or 0 in shape:
        return like.new_empty(shape)
    size = math.prod(shape) * like.element_size()
    return torch.from_numpy(np.empty(size, dtype=np.uint8)).view(like.dtype).view(*shape)
