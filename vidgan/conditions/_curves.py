"""Face landmarks -> the pixels of their edges, as integer points."""

from __future__ import annotations

import torch
from torch import Tensor

from vidgan.conditions.face_layout import FACE_EDGE_LISTS, MIRRORED_FROM, curve_triples

# A parabola steeper than this against its own longer axis swings far out of its three points.
_STEEPEST = 2.0


def close_forehead(landmarks: Tensor) -> Tensor:
    """Append the 15 mirrored outline points: (T, 68, 2) -> (T, 83, 2)."""
    base = landmarks[:, [0, 16], 1].mean(dim=1, keepdim=True)
    mirrored = landmarks[:, list(MIRRORED_FROM)].clone()
    mirrored[..., 1] = base + torch.floor(2 * (base - mirrored[..., 1]) / 3)
    return torch.cat([landmarks, mirrored], dim=1)


def _parabola(points: Tensor, steps: Tensor) -> tuple[Tensor, Tensor]:
    """Sample parabolas v(u) through three points; also say which of them are well behaved."""
    u, v = points.unbind(-1)  # (..., 3) each
    a, b, c = (u[..., i : i + 1] for i in range(3))
    va, vb, vc = (v[..., i : i + 1] for i in range(3))
    between = (b - a) * (c - b) > 0
    first = (vb - va) / torch.where(between, b - a, 1)  # divided differences (Newton's form)
    second = ((vc - vb) / torch.where(between, c - b, 1) - first) / torch.where(between, c - a, 1)
    slope_start, slope_end = first + second * (a - b), first + second * (2 * c - a - b)
    steep = torch.maximum(slope_start.abs(), slope_end.abs()) > _STEEPEST
    at = a + (c - a) * steps
    return torch.stack([at, va + (at - a) * (first + second * (at - b))], -1), between & ~steep


def _polyline(points: Tensor, steps: Tensor) -> Tensor:
    """Sample the two straight strokes through three points."""
    early = points[..., :1, :] + (points[..., 1:2, :] - points[..., :1, :]) * (2 * steps)[:, None]
    late = points[..., 1:2, :] + (points[..., 2:, :] - points[..., 1:2, :]) * (2 * steps - 1)[:, None]
    return torch.where((steps < 0.5)[:, None], early, late)


def edge_points(landmarks: Tensor) -> list[Tensor]:
    """Integer points along each edge list.

    Args:
        landmarks: (T, 68, 2) in pixels, float.

    Returns:
        14 tensors (T, N, 2), int64, x then y. Some may lie outside the image.
    """
    closed = close_forehead(landmarks)
    triples = [curve_triples(edges) for edges in FACE_EDGE_LISTS]
    points = closed[:, torch.tensor(sum(triples, []), device=closed.device)]  # (T, S, 3, 2)
    lone = torch.tensor([t[1] == t[2] for t in sum(triples, [])], device=closed.device)
    middle = points[:, :, ::2].mean(dim=2)
    points[:, :, 1] = torch.where(lone[:, None], middle, points[:, :, 1])
    strokes = (points[:, :, 1:] - points[:, :, :-1]).abs().amax(dim=-1)  # (T, S, 2)
    count = 2 * int(strokes.max().ceil()) + 2
    steps = torch.linspace(0, 1, count, dtype=points.dtype, device=points.device)
    extent = (points[:, :, 2] - points[:, :, 0]).abs()
    tall = (extent[..., 1] > extent[..., 0])[..., None, None]
    curve, smooth = _parabola(torch.where(tall, points.flip(-1), points), steps)
    curve = torch.where(tall, curve.flip(-1), curve)
    samples = torch.where(smooth[..., None], curve, _polyline(points, steps))
    pixels = (samples+1e-4).floor().long()
    sizes = [len(t) for t in triples]
    return [group.flatten(1, 2) for group in pixels.split(sizes, dim=1)]
