"""Filled polygons on a pixel grid, in NumPy: up to eight at once, one bit each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]


def polygon_ids(out: NDArray[Any], polygons: Sequence[Integers], values: Sequence[int]) -> None:
    """Write the largest value of the polygons at each pixel, outlines included, and 0 elsewhere.

    Polygons are filled by the even-odd rule; parts outside are cut off.

    Args:
        out: (H, W), filled.
        polygons: at most 8 of (N, 2) pixels, x then y.
        values: of the polygons, 1 to 255.
    """
    corners = np.concatenate(polygons)
    counts = np.array([len(polygon) for polygon in polygons])
    ends = np.cumsum(counts)
    following = np.roll(corners, -1, axis=0)
    following[ends - 1] = corners[ends - counts]
    steps = following - corners
    low, high = corners.min(axis=0), corners.max(axis=0)
    width, height = (int(side) + 1 for side in high - low)
    crossings = np.zeros((height, (width // 8 + 1) * 8), dtype=np.uint8)
    row, column, edge = _crossings(corners, steps)
    bits = np.repeat(np.uint8(1) << np.arange(len(counts), dtype=np.uint8), counts)
    places = (row - low[1]) * crossings.shape[1] + (column - low[0])
    np.bitwise_xor.at(crossings.reshape(-1), places, bits[edge])
    _running_xor(crossings)
    longest = np.repeat(np.maximum.reduceat(np.abs(steps).max(axis=1), ends - counts), counts)
    x, y = _outlines(corners, steps, longest + 1)
    places = (y - low[1]) * crossings.shape[1] + (x - low[0])
    filled, first = crossings.reshape(-1), 0
    for index, end in enumerate(np.cumsum(longest + 1)[ends - 1].tolist()):
        filled[places[first:end]] |= np.uint8(1 << index)
        first = end
    _paste(out, crossings[:, :width], (int(low[0]), int(low[1])), polygons, values)


def _crossings(corners: Integers, steps: Integers) -> tuple[Integers, Integers, Integers]:
    """Find where rows cross edges: row, first column behind it, number of the edge, (M,) each."""
    rows = np.abs(steps[:, 1])
    edge = np.repeat(np.arange(len(rows)), rows)
    first = np.minimum(corners[:, 1], corners[:, 1] + steps[:, 1])
    row = first[edge] + _number_within(rows)
    start, step = corners[edge], steps[edge]
    share = (row - start[:, 1]) / step[:, 1]
    column = np.ceil(start[:, 0] + share * step[:, 0]).astype(np.int64)
    return row, column, edge


def _outlines(corners: Integers, steps: Integers, samples: Integers) -> tuple[Integers, Integers]:
    """Sample each edge so many times from end to end: x and y, (M,) each."""
    edge = np.repeat(np.arange(len(samples)), samples)
    share = _number_within(samples) * (1 / np.maximum(samples - 1, 1))[edge]
    share[np.cumsum(samples) - 1] = samples > 1  # the last is the end itself
    x, y = (
        np.floor(corner[edge] + step[edge] * share + 0.5).astype(np.int64)
        for corner, step in zip(corners.T, steps.T, strict=True)
    )
    return x, y


def _number_within(counts: Integers) -> Integers:
    """Number the members of groups of some sizes: 0, 1, ..., 0, 1, ..."""
    return np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)


def _running_xor(maps: Bytes) -> None:
    """Combine each entry with all before it in its row, in place; rows are of whole words of 8.

    First within each word, by moves of 1, 2 and 4 of its bytes, then from word to word.
    """
    words = maps.view("<u8")
    for bits in (8, 16, 32):
        words ^= words << np.uint64(bits)
    # turned: whole rows are what is fast to combine
    carry, step = np.ascontiguousarray((words >> np.uint64(56)).T).astype(np.uint8), 1
    while step < len(carry):
        carry[step:] ^= carry[:-step].copy()
        step *= 2
    words[:, 1:] ^= carry[:-1].T * np.uint64(0x0101010101010101)


def _paste(
    out: NDArray[Any],
    filled: Bytes,
    corner: tuple[int, int],
    polygons: Sequence[Integers],
    values: Sequence[int],
) -> None:
    """Write values by the bits of ``filled``, whose first pixel is ``corner``, (x, y)."""
    left, top = corner
    ids = np.zeros_like(filled)
    for index, (polygon, value) in enumerate(zip(polygons, values, strict=True)):
        (x, y), (right, bottom) = polygon.min(axis=0), polygon.max(axis=0) + 1
        box = (slice(y - top, bottom - top), slice(x - left, right - left))
        inside = (filled[box] >> np.uint8(index)) & np.uint8(1)
        np.maximum(ids[box], inside * np.uint8(value), out=ids[box])
    out.fill(0)
    x, y = max(left, 0), max(top, 0)
    area = out[y : max(top + ids.shape[0], 0), x : max(left + ids.shape[1], 0)]
    area[:] = ids[y - top : y - top + area.shape[0], x - left : x - left + area.shape[1]]
