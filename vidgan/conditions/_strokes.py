"""Colored strokes that blend where they meet, in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

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


class Strokes(NamedTuple):
    """Straight strokes in the order of drawing.

    Attributes:
        starts: (S, 2), x and y.
        ends: (S, 2).
        colors: (S, 3) of 0 to 255.
        pens: (S,), which pen each is drawn with.
    """

    starts: Floats
    ends: Floats
    colors: Floats
    pens: Integers


def draw_strokes(canvas: Bytes, strokes: Strokes, pens: Sequence[Pen]) -> None:
    """Draw strokes with their round ends; what lies outside the canvas is cut off.

    On black a stroke has its color in full. Where any of it meets what is drawn already,
    each of the brush's touches halves, in the whole stroke, the distance to its color.

    Args:
        canvas: (H, W, 3), contiguous, changed in place.
        strokes: what to draw.
        pens: the brushes.
    """
    # The pixels of all strokes at once: only the mixing of colors has to be done one by one.
    places, hits, bounds = _touched(strokes, pens, canvas.shape[0], canvas.shape[1])
    remains = np.empty(len(places))
    pen_of_pixel = np.repeat(strokes.pens, np.diff(bounds))
    for index, pen in enumerate(pens):
        mine = pen_of_pixel == index
        remains[mine] = pen.remains[np.minimum(hits[mine], len(pen.remains) - 1)]
    pixels, remains = canvas.reshape(-1, 3), remains[:, None]
    limits = bounds.tolist()
    for color, first, end in zip(strokes.colors, limits[:-1], limits[1:], strict=True):
        if first < end:
            place = places[first:end]
            below = pixels.take(place, axis=0)
            mixed = color
            if below.any():
                mixed = color + (below - color) * remains[first:end]
            pixels[place] = mixed


def stroke_pixels(starts: Floats, ends: Floats) -> tuple[Integers, Integers]:
    """Sample straight strokes once per pixel of their longer axis.

    Args:
        starts: (S, 2), x and y.
        ends: (S, 2).

    Returns:
        (2, N) pixels, x and y, from one end to the other, stroke after stroke; and how many each
        stroke has, (S,).
    """
    whole = np.floor(np.stack([starts, ends]) + _ROUNDING)
    counts = np.abs(whole[1] - whole[0]).max(axis=1).astype(np.int64) + 1
    stroke, behind = np.repeat(np.arange(len(counts)), counts), np.cumsum(counts)
    number = np.arange(len(stroke)) - (behind - counts)[stroke]
    share = number * (1 / np.maximum(counts - 1, 1))[stroke]
    share[behind - 1] = counts > 1  # the last is the end itself
    moved = ends - starts
    samples = [starts[stroke, axis] + moved[stroke, axis] * share for axis in (0, 1)]
    return np.floor(np.stack(samples) + _ROUNDING).astype(np.int64), counts


def _touched(
    strokes: Strokes, pens: Sequence[Pen], height: int, width: int
) -> tuple[Integers, Integers, Integers]:
    """Find the pixels of each stroke.

    Returns:
        Places (M,) of pixels in the flat canvas, stroke after stroke; how often each is touched,
        (M,); and where the pixels of each stroke begin and the last ones end, (S + 1,).
    """
    pixels, counts = stroke_pixels(strokes.starts, strokes.ends)
    behind, number = np.cumsum(counts), np.arange(len(counts))
    size, keys = height * width, [np.empty(0, dtype=np.int64)]
    for index, pen in enumerate(pens):
        mine = strokes.pens == index
        last = behind[mine] - 1
        caps = np.concatenate([last - counts[mine] + 1, last])
        for chosen, owners, brush in (
            (np.repeat(mine, counts), np.repeat(number[mine], counts[mine]), pen.brush),
            (caps, np.tile(number[mine], 2), pen.end),
        ):
            x, y = pixels[:, chosen, None] + brush[:, None]
            place = y * width + x + owners[:, None] * size
            inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            keys.append(place[inside])
    touched = np.concatenate(keys)
    touched.sort()
    first = np.flatnonzero(np.diff(touched, prepend=-1))
    places = touched[first]
    bounds = places.searchsorted(np.arange(len(counts) + 1) * size)
    return places % size, np.diff(first, append=len(touched)), bounds


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
