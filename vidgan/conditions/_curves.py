"""The edges of one face as integer points."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vidgan.conditions.face_layout import FACE_EDGE_LISTS, MIRRORED_POINTS, curve_triples

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# A parabola steeper than this against its own longer axis swings far out of its three points.
_STEEPEST = 2.0
# Points are cut to whole pixels; this keeps 41.9999999 at 42.
_ROUNDING = 1e-6


def close_forehead(landmarks: Floats) -> Floats:
    """Append the 15 mirrored outline points: (68, 2) -> (83, 2)."""
    base = landmarks[[0, 16], 1].mean()
    mirrored = landmarks[list(MIRRORED_POINTS)]
    mirrored[:, 1] = base + np.floor(2 * (base - mirrored[:, 1]) / 3)
    return np.concatenate([landmarks, mirrored])


def edge_points(landmarks: Floats) -> tuple[Integers, Integers]:
    """Trace all edge lists, one after the other.

    Args:
        landmarks: (68, 2) in pixels.

    Returns:
        (2, N) pixels, x and y, some of which may lie outside the image, and (14,), where each
        edge list ends among them.
    """
    triples, lone, ends = _curves()
    points = close_forehead(landmarks)[triples]  # (S, 3, 2)
    # A stroke between two points becomes a parabola through their middle: a straight line.
    points[lone, 1] = (points[lone, 0] + points[lone, 2]) / 2
    longest = np.abs(np.diff(points, axis=1)).max()
    steps = np.linspace(0, 1, 2 * int(np.ceil(longest)) + 2)
    extent = np.abs(points[:, 2] - points[:, 0])
    tall = extent[:, 1] > extent[:, 0]
    points[tall] = points[tall][..., ::-1]
    samples, smooth = _parabolas(points, steps)
    samples[~smooth] = _polylines(points[~smooth], steps)
    samples[tall] = samples[tall][..., ::-1]
    pixels = np.floor(samples + _ROUNDING).astype(np.int64)
    return np.ascontiguousarray(pixels.reshape(-1, 2).T), ends * len(steps)


@lru_cache(maxsize=1)
def _curves() -> tuple[Integers, NDArray[np.bool_], Integers]:
    """Point indices of all curves (S, 3), which are mere lines, and where each edge list ends."""
    triples = [curve_triples(edges) for edges in FACE_EDGE_LISTS]
    flat = np.array([triple for group in triples for triple in group])
    return flat, flat[:, 1] == flat[:, 2], np.cumsum([len(group) for group in triples])


def _parabolas(points: Floats, steps: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Sample v(u) through three points (u, v) each, (S, 3, 2) -> (S, N, 2), and a validity mask."""
    a, b, c = (points[:, i, :1] for i in range(3))
    va, vb, vc = (points[:, i, 1:] for i in range(3))
    between = (b - a) * (c - b) > 0
    ab, bc, ac = (np.where(between, gap, 1) for gap in (b - a, c - b, c - a))
    first = (vb - va) / ab  # divided differences: Newton's form
    second = ((vc - vb) / bc - first) / ac
    steepest = np.maximum(np.abs(first - second * ab), np.abs(first + second * (ac + bc)))
    u = a + (c - a) * steps
    v = va + (u - a) * (first + second * (u - b))
    return np.stack([u, v], axis=-1), (between & (steepest <= _STEEPEST))[:, 0]


def _polylines(points: Floats, steps: Floats) -> Floats:
    """Sample the two straight strokes through three points each, (S, 3, 2) -> (S, N, 2)."""
    a, b, c = (points[:, i, None] for i in range(3))
    share = 2 * steps[:, None]
    return np.where(share < 1, a + (b - a) * share, b + (c - b) * (share - 1))
