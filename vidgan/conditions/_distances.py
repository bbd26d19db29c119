"""Distance maps of strokes on a pixel grid, in NumPy.

The L1 distance is separable: one sweep along the rows, one along the columns. Away from the box
around a stroke it grows by one per pixel, so only the box is swept. Small boxes are swept side by
side, in one array, as the cost of a call counts more than that of their pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Shorts = NDArray[np.int16]
Integers = NDArray[np.int64]

_FAR = 4096  # larger than any distance in use, 3 * 255; added to any step it fits int16
_PERIOD = 24  # rows that are written at once
# Rows from the box in the first third of a period, above and below, and thirds to be added to them.
_ROWS = np.array([[3, 2, 1], [1, 2, 3]], dtype=np.int16)[..., None]
_THIRDS = np.array([np.arange(7, -1, -1), np.arange(8)], dtype=np.uint8)[..., None, None]


class Scratch:
    """Memory and tables for `distance_thirds`: fresh memory would cost more than the steps.

    Args:
        size: (H, W) of the image.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        distances = np.arange(_FAR + size[1] + 2)
        self.ramp = np.minimum(distances, _FAR).astype(np.int16)
        thirds = np.minimum(distances // 3, 255).astype(np.uint8)
        self._thirds, self._mirrored = thirds, thirds[::-1].copy()
        self._blocks = [np.empty(0, dtype=np.int16)] * 3

    def block(self, index: int, shape: tuple[int, int]) -> Shorts:
        """Memory of a shape, overwritten by who asks for it next."""
        size = shape[0] * shape[1]
        if self._blocks[index].size < size:
            self._blocks[index] = np.empty(size, dtype=np.int16)
        return self._blocks[index][:size].reshape(shape)

    def rising(self, width: int) -> Bytes:
        """View with thirds of d+1, d+2, ..., d+width in row d."""
        view: Bytes = np.ndarray((_FAR + 1, width), np.uint8, self._thirds.data, 1, (1, 1))
        return view

    def falling(self, width: int) -> Bytes:
        """View with thirds of d+width, ..., d+2, d+1 in row d."""
        first = len(self._mirrored) - 1 - width
        shape, data = (_FAR + 1, width), self._mirrored.data
        view: Bytes = np.ndarray(shape, np.uint8, data, first, (-1, 1))
        return view


def distance_thirds(points: Integers, ends: Integers, out: Bytes, scratch: Scratch) -> None:
    """A third of each pixel's distance to the nearest pixel of each stroke.

    floor((abs(x - x') + abs(y - y')) / 3), at most 255; each point is 2 x 2 pixels, up and left.

    Args:
        points: (2, N), x and y, in (H + 1, W + 1).
        ends: (S,), where each of S strokes ends among the points.
        out: (S, H, W), filled; with 255 for a stroke without a point.
        scratch: memory for images of that size.
    """
    counts = np.diff(ends, prepend=0)
    strokes = counts.nonzero()[0]
    if len(strokes) < len(counts):
        out[counts == 0] = 255
        if len(strokes) == 0:
            return
        counts = counts[strokes]
    starts = np.cumsum(counts) - counts
    low = np.maximum(np.minimum.reduceat(points, starts, axis=1) - 1, 0)
    high = np.maximum.reduceat(points, starts, axis=1)
    high = np.minimum(high, np.array([[out.shape[2] - 1], [out.shape[1] - 1]]))
    extents = high - low + 1  # (2, S), columns and rows
    relative = points - np.repeat(low, counts, axis=1)
    edges = np.empty((len(strokes), 2, out.shape[2]), dtype=np.int16)
    longest = extents.max(axis=0)
    is_large = 2 * longest > longest.max()
    for chosen in (is_large, ~is_large):
        if not chosen.any():
            continue
        mine = relative.take(np.repeat(chosen, counts).nonzero()[0], axis=1)
        boxes = _boxes(mine, counts[chosen], extents[:, chosen], scratch)
        for index, (box, thirds) in zip(chosen.nonzero()[0].tolist(), boxes, strict=True):
            left, top = low[:, index].tolist()
            rows = out[strokes[index], top : top + len(box)]
            _fill_rows(rows, box, thirds, left, scratch)
            for edge, row in zip(edges[index], (box[0], box[-1]), strict=True):
                _continue_row(edge, row, left, scratch)
    _fill_outside(out, edges, strokes, low[1], high[1] + 1)


def _boxes(
    points: Integers, counts: Integers, extents: Integers, scratch: Scratch
) -> list[tuple[Shorts, Bytes]]:
    """Measure the distances within the boxes of some strokes, and thirds of them, at most 255."""
    columns, rows = extents
    ends, starts = np.cumsum(columns), np.cumsum(rows + 1) - rows - 1
    shape = int(columns.max()) + 1, int(rows.sum()) + len(rows)  # one more, for points behind both
    drawn = scratch.block(0, shape)  # turned: whole rows are what is fast to sweep
    drawn.fill(_FAR)
    drawn[points[0], points[1] + np.repeat(starts, counts)] = 0
    turned = scratch.block(1, shape)
    _widen(drawn.reshape(-1), turned.reshape(-1), shape[1])
    turned = turned[:-1]
    _sweep(turned, scratch.block(0, turned.shape))
    beside = scratch.block(2, (int(rows.max()), int(ends[-1])))
    beside.fill(_FAR)
    places = [
        (slice(height), slice(end - width, end))
        for end, width, height in zip(ends.tolist(), columns.tolist(), rows.tolist(), strict=True)
    ]
    for start, place in zip(starts.tolist(), places, strict=True):
        box = beside[place]
        box[:] = turned[: box.shape[1], start : start + box.shape[0]].T
    _sweep(beside, scratch.block(0, beside.shape))
    thirds = np.floor_divide(beside, np.int16(3), out=scratch.block(0, beside.shape))
    if shape[0] + beside.shape[0] > 3 * 255:  # else none is that far away
        # A row of 255s, as NumPy's minimum with a number takes ten times as long.
        np.minimum(thirds, np.full(thirds.shape[1], 255, dtype=np.int16), out=thirds)
    small = thirds.astype(np.uint8)
    return [(beside[place], small[place]) for place in places]


def _widen(drawn: Shorts, out: Shorts, width: int) -> None:
    """Draw points of zeros as 2 x 2 pixels; what is written behind the last of each is unused."""
    np.minimum(drawn[:-1], drawn[1:], out=out[:-1])
    out[-1] = drawn[-1]
    np.minimum(out[:-width], out[width:], out=drawn[:-width])
    out[:-width] = drawn[:-width]


def _sweep(box: Shorts, room: Shorts) -> None:
    """Lower each entry to the least of (another in its column + how far away that is), in place.

    Steps of 1, 2, 4, ... add up to every offset.
    """
    step = 1
    while step < len(box):
        farther = np.add(box, np.int16(step), out=room)
        below, above = box[step:], box[:-step]
        np.minimum(below, farther[:-step], out=below)
        np.minimum(above, farther[step:], out=above)
        step *= 2


def _fill_rows(out: Bytes, box: Shorts, thirds: Bytes, left: int, scratch: Scratch) -> None:
    """Fill the rows of a box, within it and beside it."""
    right = left + box.shape[1]
    out[:, left:right] = thirds
    if left:
        out[:, :left] = scratch.falling(left)[box[:, 0]]
    if right < out.shape[1]:
        out[:, right:] = scratch.rising(out.shape[1] - right)[box[:, -1]]


def _continue_row(out: Shorts, row: Shorts, left: int, scratch: Scratch) -> None:
    """Continue a row of distances to both sides."""
    right = left + len(row)
    out[left:right] = row
    first, last = int(row[0]), int(row[-1])
    out[:left] = scratch.ramp[first + left : first : -1]
    out[right:] = scratch.ramp[last + 1 : last + 1 + len(out) - right]


def _fill_outside(
    out: Bytes, edges: Shorts, strokes: Integers, tops: Integers, bottoms: Integers
) -> None:
    """Fill what is above and below the boxes, whose first and last rows have distances ``edges``.

    Rows have floor((d + k) / 3), where k counts from the box. Every third row is one more, so that
    a period of rows is computed once, and added to.
    """
    height, width = out.shape[1:]
    farthest = edges.max(axis=2) + np.stack([tops, height - bottoms], axis=1)
    is_far = bool(farthest.max() >= 3 * 255)  # else no third of a row in the image reaches 255
    thirds = (edges[:, :, None] + _ROWS) // np.int16(3)  # (S, 2, 3, W)
    small = (np.minimum(thirds, 255) if is_far else thirds).astype(np.uint8)
    period = np.empty((len(edges), 2, _PERIOD // 3, 3, width), dtype=np.uint8)
    _add(small[:, :, None], _THIRDS, period, is_far=is_far)
    periods = np.arange(height // _PERIOD + 1) * (_PERIOD // 3)
    steps = np.minimum(periods, 255).astype(np.uint8)[:, None]
    for index, stroke in enumerate(strokes.tolist()):
        top, bottom = int(tops[index]), int(bottoms[index])
        above, below = period[index].reshape(2, 1, _PERIOD * width)
        count, rest = divmod(top, _PERIOD)
        rows = out[stroke, rest:top].reshape(count, _PERIOD * width)
        _add(above, steps[:count][::-1], rows, is_far=is_far)
        first = above[:, (_PERIOD - rest) * width :]
        _add(first, steps[count], out[stroke, :rest].reshape(1, rest * width), is_far=is_far)
        count, rest = divmod(height - bottom, _PERIOD)
        rows = out[stroke, bottom : height - rest].reshape(count, _PERIOD * width)
        _add(below, steps[:count], rows, is_far=is_far)
        last = out[stroke, height - rest :].reshape(1, rest * width)
        _add(below[:, : rest * width], steps[count], last, is_far=is_far)


def _add(values: Bytes, step: Bytes, out: Bytes, *, is_far: bool) -> None:
    """Add bytes; if ``is_far``, to at most 255."""
    if is_far:
        np.minimum(values, np.uint8(255) - step, out=out)
        out += step
    else:
        np.add(values, step, out=out)
