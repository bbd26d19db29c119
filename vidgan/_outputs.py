"""Maps that a function writes: into new memory, or into a tensor that its caller has."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

_CPU = torch.device("cpu")


def output_dtype(function: str, dtype: torch.dtype | None, out: Tensor | None) -> torch.dtype:
    """Return the dtype of a result: ``dtype``, else that of ``out``, else float32.

    Raises:
        TypeError: ``out`` is no tensor, or of another dtype than ``dtype``.
    """
    if out is None:
        return dtype or torch.float32
    if not isinstance(out, Tensor):
        raise TypeError(f"{function}: out must be a torch.Tensor, got {type(out).__name__}")
    if dtype not in {None, out.dtype}:
        raise TypeError(f"{function}: out must have dtype {dtype}, got {out.dtype}; give one alone")
    return out.dtype


def output_maps(
    function: str,
    shape: tuple[int, ...],
    dtype: torch.dtype,
    out: Tensor | None = None,
    device: torch.device = _CPU,
) -> Tensor:
    """Return ``out`` as it is, or new memory, which is zero.

    NumPy asks for huge pages: the first write to large maps then takes a quarter of the time.

    Raises:
        ValueError: ``out`` has another shape, is not contiguous, or is on another device.
    """
    if out is not None:
        if out.shape != shape or not out.is_contiguous() or out.device != device:
            layout = "contiguous" if out.is_contiguous() else "not contiguous"
            raise ValueError(
                f"{function}: out must have shape {shape}, be contiguous, and be on {device}, got "
                f"{tuple(out.shape)}, {layout}, on {out.device}"
            )
        return out
    number = math.prod(shape)
    if device.type != "cpu" or number == 0:
        return torch.zeros(shape, dtype=dtype, device=device)
    memory = np.zeros(number * dtype.itemsize, dtype=np.uint8)
    return torch.from_numpy(memory).view(dtype).view(shape)
