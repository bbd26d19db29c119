"""Strokes, filled polygons and distances on a pixel grid, in NumPy.

NumPy, since these are many small integer steps, where the cost of a call counts most.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

#: Stands for "farther than anything". The sum of three still fits int16.
FAR = 4096


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


def l1_distance(points: Integers, out: NDArray[np.int16]) -> None:
    """Distance of every pixel to the nearest point: min |x - x'| + |y - y'|.

    The L1 distance is separable: one sweep down and up each column, one along each row. Away
    from the box around all points it grows by one a pixel, so only the box is swept.

    Args:
        points: (2, N) pixels inside the image, x and y.
        out: (H, W), filled; at least ``FAR`` everywhere if there is no point.
    """
    x, y = points
    if len(x) == 0:
        out.fill(FAR)
        return
    left, right, top, bottom = (int(edge) for edge in (x.min(), x.max(), y.min(), y.max()))
    box = np.full((bottom - top + 1, right - left + 1), FAR, dtype=np.int16)
    box[y - top, x - left] = 0
    _sweep(box)
    turned = np.ascontiguousarray(box.T)  # whole rows are what is fast to sweep and to copy
    _sweep(turned)
    wide = np.empty((out.shape[1], len(box)), dtype=np.int16)
    _extend(turned, left, right, wide)
    _extend(np.ascontiguousarray(wide.T), top, bottom, out)


def fill_polygon(canvas: NDArray[np.uint8], corners: Integers, value: int) -> None:
    """Fill a polygon, its outline included, by the even-odd rule; parts outside are cut off.

    Args:
        canvas: (H, W), changed in place.
        corners: (N, 2) pixels, x then y.
        value: what to fill in.
    """
    following = np.roll(corners, -1, axis=0)
    low, high = corners.min(axis=0), corners.max(axis=0)
    rows = np.arange(low[1], high[1] + 1)
    width = int(high[0] - low[0]) + 1
    crossed = (corners[:, 1, None] <= rows) != (following[:, 1, None] <= rows)  # (N, rows)
    edge, row = crossed.nonzero()
    start, step = corners[edge], (following - corners)[edge]
    share = (rows[row] - start[:, 1]) / step[:, 1]
    column = np.ceil(start[:, 0] + share * step[:, 0]).astype(np.int64) - low[0]
    crossings = np.zeros((len(rows), width + 1), dtype=np.uint8)
    np.add.at(crossings, (row, column), 1)
    filled = _running_parity(crossings)[:, :width]
    count = int(np.abs(following - corners).max()) + 1
    shares = np.linspace(0, 1, count)[:, None, None]
    outline = np.floor(corners + (following - corners) * shares + 0.5).astype(np.int64)
    x, y = (outline.reshape(-1, 2) - low).T
    filled[y, x] = 1
    _paste(canvas, filled, (int(low[0]), int(low[1])), value)


def _sweep(box: NDArray[np.int16]) -> None:
    """Lower each entry to the least of (another in its column + how far away that is), in place.

    Steps of 1, 2, 4, ... add up to every offset.
    """
    room, step = np.empty_like(box), 1
    while step < len(box):
        above, below, moved = box[:-step], box[step:], room[step:]
        np.minimum(below, np.add(above, np.int16(step), out=moved), out=below)
        np.minimum(above, np.add(below, np.int16(step), out=moved), out=above)
        step *= 2


def _running_parity(crossings: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Whether the number of crossings up to each pixel of its row is odd; doubling as `_sweep`."""
    parity: NDArray[np.uint8] = crossings & np.uint8(1)
    room, step = np.empty_like(parity), 1
    while step < parity.shape[1]:
        room[:, :step] = parity[:, :step]
        np.bitwise_xor(parity[:, step:], parity[:, :-step], out=room[:, step:])
        parity, room, step = room, parity, 2 * step
    return parity


def _extend(distance: NDArray[np.int16], first: int, last: int, out: NDArray[np.int16]) -> None:
    """Fill ``out``, whose rows ``first`` to ``last`` are ``distance``; each row away adds one."""
    position = np.arange(len(out))
    near = position.clip(first, last)
    np.take(distance, near - first, axis=0, out=out, mode="clip")  # the default mode is slow
    out += np.abs(position - near).clip(max=FAR).astype(np.int16)[:, None]


def _paste(
    canvas: NDArray[np.uint8], filled: NDArray[np.uint8], corner: tuple[int, int], value: int
) -> None:
    """Set the canvas to ``value`` where ``filled`` is 1; its first pixel is ``corner``, (x, y)."""
    left, top = corner
    x, y = max(left, 0), max(top, 0)
    area = canvas[y : max(top + filled.shape[0], 0), x : max(left + filled.shape[1], 0)]
    part = filled[y - top : y - top + area.shape[0], x - left : x - left + area.shape[1]]
    np.copyto(area, np.uint8(value), where=part.astype(np.bool_))
