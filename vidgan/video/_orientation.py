"""Turning decoded frames upright by the container's display matrix."""

from __future__ import annotations

import struct
from importlib import import_module
from typing import Any

from torch import Tensor

DisplayMatrix = tuple[int, int, int, int]


def orient(frame: Tensor, matrix: DisplayMatrix) -> Tensor:
    """Apply a display matrix: the pixel at (x, y) is shown at (a x + c y, b x + d y).

    Args:
        frame: (..., H, W) as decoded.
        matrix: (a, b, c, d), of which only the signs matter; rotations by multiples of 90
            degrees, each with or without a mirror.

    Returns:
        (..., H, W), or (..., W, H) for a rotation by 90 or 270 degrees.

    Raises:
        ValueError: the matrix rotates by another angle.

    Example:
        >>> import torch
        >>> orient(torch.tensor([[1, 2], [3, 4]]), (0, -1, 1, 0))  # 90 degrees anticlockwise
        tensor([[2, 4],
                [1, 3]])
    """
    a, b, c, d = matrix
    if a and d and not (b or c):
        x_sign, y_sign = a, d
    elif b and c and not (a or d):
        frame = frame.transpose(-2, -1)
        x_sign, y_sign = c, b
    else:
        raise ValueError(
            "read_video: the display matrix must rotate by a multiple of 90 degrees, got "
            f"(a, b, c, d) = {matrix}"
        )
    flipped = [dim for dim, sign in ((-1, x_sign), (-2, y_sign)) if sign < 0]
    return (frame.flip(flipped) if flipped else frame).contiguous()


def display_matrix(frame: Any) -> DisplayMatrix:
    """Read the display matrix of a PyAV frame; (1, 0, 0, 1) where it has none."""
    # Not frame.side_data: it keeps a reference to the frame, and the frame to it, so that decoded
    # frames would pile up until the garbage collector runs.
    try:
        container = import_module("av.sidedata.sidedata").SideDataContainer
        side_data = container(frame)["DISPLAYMATRIX"]
    except (ImportError, KeyError, TypeError, ValueError):  # PyAV raises ValueError for new kinds
        quarter_turns = round(frame.rotation / 90) % 4  # anticlockwise
        return ((1, 0, 0, 1), (0, -1, 1, 0), (-1, 0, 0, -1), (0, 1, -1, 0))[quarter_turns]
    a, b, _, c, d = struct.unpack("=9i", bytes(side_data))[:5]
    return a, b, c, d
