"""Colored strokes that blend where they meet, in NumPy."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bytes = NDArray[np.uint8]

# Points are cut to whole pixels; this keeps 41.9999999 at 42.
_ROUNDING = 1e-6


class Pen:
    """How wide a stroke is, and how strongly it covers what is below.

    Args:
        width: of the stroke, in pixels.
        radius: of the round ends; 0 for none.
        passes: how often a pixel of a straight stroke halves its distance to the color.
    """

    def __init__(self, width: int, radius: int, passes: float) -> None:
        self.brush = _square(width)
        self.end = _disc(radius)
        # Fraction of the color below that remains after that many hits.
        self.remains = 0.5 ** (np.arange(width * width + 3) * passes / width)


def stroke_pixels(start: Floats, end: Floats) -> Integers:
    """Sample a straight stroke once per pixel of its longer axis: two points (2,) -> (2, N)."""
    first, last = (np.floor(point + _ROUNDING) for point in (start, end))
    count = int(np.abs(last - first).max()) + 1
    samples = start[:, None] + (end - start)[:, None] * np.linspace(0, 1, count)
    return np.floor(samples + _ROUNDING).astype(np.int64)


def draw_stroke(canvas: Bytes, pixels: Integers, color: Floats, pen: Pen) -> None:
    """Draw one stroke with its round ends; what lies outside the canvas is cut off.

    On black the stroke has its color in full. Where any of it meets what is drawn already,
    each of the brush's touches halves, in the whole stroke, the distance to its color.

    Args:
        canvas: (H, W, 3), changed in place.
        pixels: (2, N), x and y, from one end to the other.
        color: (3,) of 0 to 255.
        pen: the brush.
    """
    touched = (pixels[:, :, None] + pen.brush[:, None]).reshape(2, -1)
    ends = (pixels[:, [0, -1], None] + pen.end[:, None]).reshape(2, -1)
    x, y = np.concatenate([touched, ends], axis=1)
    left, top = max(int(x.min()), 0), max(int(y.min()), 0)
    right = min(int(x.max()) + 1, canvas.shape[1])
    bottom = min(int(y.max()) + 1, canvas.shape[0])
    width, height = right - left, bottom - top
    if width <= 0 or height <= 0:
        return
    inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
    place = (y - top) * width + (x - left)
    hits = np.bincount(place if inside.all() else place[inside], minlength=width * height)
    where = hits.nonzero()[0]
    area = canvas[top:bottom, left:right]
    y, x = np.divmod(where, width)
    below = area[y, x]
    if not below.any():
        area[y, x] = color
        return
    remains = pen.remains[np.minimum(hits[where], len(pen.remains) - 1)][:, None]
    area[y, x] = color + (below - color) * remains


@lru_cache(maxsize=16)
def _square(width: int) -> Integers:
    """Offsets of a brush of width x width pixels, (2, N); a pixel more up and left if even."""
    side = np.arange(width) - width // 2
    x, y = np.meshgrid(side, side)
    return np.stack([x.ravel(), y.ravel()])


@lru_cache(maxsize=16)
def _disc(radius: int) -> Integers:
    """Offsets nearer than ``radius``, (2, N)."""
    side = np.arange(1 - radius, radius)
    x, y = np.meshgrid(side, side)
    near = x**2 + y**2 < radius**2
    return np.stack([x[near], y[near]])
