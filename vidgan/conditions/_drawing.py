"""Strokes and distances on a pixel grid, in NumPy.

NumPy, since these are many small integer steps, where the cost of a call counts most.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

_FAR = 4096  # larger than any distance in use; the sum of two still fits int16


def brush(points: Integers, ends: Integers, size: tuple[int, int]) -> list[Integers]:
    """Widen points to strokes of 2 x 2 pixels, up and left of each, and drop what is outside.

    Args:
        points: (2, N), x and y.
        ends: (S,), where each of S strokes ends among the points.
        size: (H, W) of the image.

    Returns:
        S arrays (2, M), all inside the image.
    """
    offsets = np.array([[-1, 0, -1, 0], [-1, -1, 0, 0]])
    wide = (points[:, :, None] + offsets[:, None]).reshape(2, -1)
    x, y = wide
    inside = (x >= 0) & (x < size[1]) & (y >= 0) & (y < size[0])
    if inside.all():
        return np.split(wide, 4 * ends[:-1], axis=1)
    kept = np.cumsum(inside)[4 * ends - 1]
    return np.split(wide[:, inside], kept[:-1], axis=1)


class Scratch:
    """Memory for `distance_thirds`: fresh memory for each step would cost more than the steps.

    Args:
        size: (H, W) of the image.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._blocks = np.empty((3, size[0] * size[1]), dtype=np.int16)

    def block(self, index: int, shape: tuple[int, int]) -> NDArray[np.int16]:
        """Memory of a shape no larger than the image, overwritten by who asks for it next."""
        return self._blocks[index, : shape[0] * shape[1]].reshape(shape)


def distance_thirds(points: Integers, out: NDArray[np.uint8], scratch: Scratch) -> None:
    """A third of each pixel's distance to the nearest point: floor((|x - x'| + |y - y'|) / 3).

    The L1 distance is separable: one sweep down and up each column, one along each row. Away
    from the box around all points it grows by one per pixel, so only the box is swept.

    Args:
        points: (2, N) pixels inside the image, x and y.
        out: (H, W), filled with values of at most 255; with 255 if there is no point.
        scratch: memory for images of that size.
    """
    x, y = points
    if len(x) == 0:
        out.fill(255)
        return
    left, right, top, bottom = (int(edge) for edge in (x.min(), x.max(), y.min(), y.max()))
    rows, columns, width = bottom - top + 1, right - left + 1, out.shape[1]
    turned = scratch.block(0, (columns, rows))  # whole rows are what is fast to sweep
    turned.fill(_FAR)
    turned[x - left, y - top] = 0
    _sweep(turned, scratch.block(1, turned.shape))
    box = scratch.block(2, (rows, columns))
    box[:] = turned.T
    _sweep(box, scratch.block(1, box.shape))
    beside = np.minimum(np.arange(1, max(left, width - 1 - right) + 1), _FAR).astype(np.int16)
    wide = scratch.block(0, (rows, width))
    np.add(box[:, :1], beside[:left][::-1], out=wide[:, :left])
    wide[:, left : right + 1] = box
    np.add(box[:, -1:], beside[: width - 1 - right], out=wide[:, right + 1 :])
    _continue_thirds(wide[0], out[:top][::-1])
    _continue_thirds(wide[-1], out[bottom + 1 :])
    wide //= np.int16(3)
    if rows + columns + len(beside) >= 3 * 256:  # else none is that far away
        # A row of 255s, as NumPy's minimum with a number takes ten times as long.
        np.minimum(wide, np.full(width, 255, dtype=np.int16), out=wide)
    out[top : bottom + 1] = wide


def _sweep(box: NDArray[np.int16], room: NDArray[np.int16]) -> None:
    """Lower each entry to the least of (another in its column + how far away that is), in place.

    Steps of 1, 2, 4, ... add up to every offset.
    """
    step = 1
    while step < len(box):
        above, below, moved = box[:-step], box[step:], room[step:]
        np.minimum(below, np.add(above, np.int16(step), out=moved), out=below)
        np.minimum(above, np.add(below, np.int16(step), out=moved), out=above)
        step *= 2


def _continue_thirds(distance: NDArray[np.int16], out: NDArray[np.uint8]) -> None:
    """Fill row k of ``out`` with floor((distance + k + 1) / 3), at most 255, in 8 bits."""
    starts = (distance + np.arange(1, 4, dtype=np.int16)[:, None]) // np.int16(3)
    far = 3 * int(starts[2].max()) + len(out) >= 3 * 255  # else no sum reaches 255
    starts = (np.minimum(starts, 255) if far else starts).astype(np.uint8)
    steps = np.minimum(np.arange(len(out) // 3 + 1), 255).astype(np.uint8)[:, None]
    for first in range(min(3, len(out))):  # of every third row; each adds 1 to the one before
        rows = out[first::3]
        added = steps[: len(rows)]
        if far:
            np.minimum(starts[first], np.uint8(255) - added, out=rows)  # a sum that stops at 255
            rows += added
        else:
            np.add(starts[first], added, out=rows)
