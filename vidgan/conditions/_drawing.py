"""Strokes on a pixel grid, in NumPy.

NumPy, since these are many small integer steps, where the cost of a call counts most.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]


def visible(points: Integers, ends: Integers, size: tuple[int, int]) -> tuple[Integers, Integers]:
    """Drop the points whose strokes are wholly outside.

    A point is drawn as 2 x 2 pixels, up and left of it: a pixel of it is inside where the point
    lies in (H + 1, W + 1).

    Args:
        points: (2, N), x and y.
        ends: (S,), where each of S strokes ends among the points.
        size: (H, W) of the image.

    Returns:
        The points that are left, and where each stroke ends among them.
    """
    x, y = points
    inside = (x >= 0) & (x <= size[1]) & (y >= 0) & (y <= size[0])
    if inside.all():
        return points, ends
    return points[:, inside], np.append(0, np.cumsum(inside))[ends]


def draw_points(points: Integers, out: Bytes) -> None:
    """Draw visible points as 255 on 0, each as 2 x 2 pixels, up and left of it.

    Args:
        points: (2, N), x and y.
        out: (H, W), filled.
    """
    height, width = out.shape
    canvas = np.zeros((height + 1) * (width + 1) + 1, dtype=np.uint8)
    x, y = points
    canvas[y * (width + 1) + x] = 255
    # In one row of memory, where a step is fast; the last column is cut off.
    canvas = canvas[:-1] | canvas[1:]
    canvas = canvas[: -width - 1] | canvas[width + 1 :]
    out[:] = canvas.reshape(height, width + 1)[:, :-1]
