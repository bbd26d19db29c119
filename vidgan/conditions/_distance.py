"""L1 distance transform, exact, over many images at once, in tensor operations alone."""

from __future__ import annotations

import torch
from torch import Tensor

#: Stands for "no point anywhere". Twice the sum of two such still fits int16.
FAR = 4096


def _spread(distance: Tensor, dim: int) -> Tensor:
    """Lower every entry to the least of (neighbour + its distance along ``dim``), in place.

    Steps of 1, 2, 4, ... reach every offset, since each composes with all the ones before.
    """
    length, step = distance.shape[dim], 1
    while step < length:
        left, right = distance.narrow(dim, 0, length - step), distance.narrow(dim, step, length - step)
        # Both shifted copies are made before either is written.
        from_left, from_right = left + step, right + step
        torch.minimum(right, from_left, out=right)
        torch.minimum(left, from_right, out=left)
        step *= 2
    return distance


def l1_distance(points: Tensor, inside: Tensor, size: tuple[int, int]) -> Tensor:
    """Distance of every pixel to the nearest point: min |x - x'| + |y - y'|.

    L1 distance is separable. Beyond the box around all points it also grows by one per pixel
    away from the box, so only the box is searched and the rest is added on.

    Args:
        points: (T, N, 2) integer pixels, x then y.
        inside: (T, N), False for points that do not count; the others lie in the image.
        size: (H, W) of the image.

    Returns:
        (T, H, W) int16, at least ``FAR`` where a frame has no point at all.
    """
    height, width = size
    count = points.shape[0]
    if not bool(inside.any()):
        return torch.full((count, height, width), FAR, dtype=torch.int16, device=points.device)
    (x0, y0), (x1, y1) = points[inside].amin(0).tolist(), points[inside].amax(0).tolist()
    rows, columns = y1 - y0 + 1, x1 - x0 + 1
    frame, entry = inside.nonzero(as_tuple=True)
    x, y = (points[frame, entry] - points.new_tensor([x0, y0])).unbind(-1)
    box = torch.full((count, rows, columns), FAR, dtype=torch.int16, device=points.device)
    box[frame, y, x] = 0
    _spread(_spread(box, 1), 2)
    x_near, x_far = _outside(width, x0, x1, points.device)
    y_near, y_far = _outside(height, y0, y1, points.device)
    wide = box.index_select(2, x_near) + x_far
    return wide.index_select(1, y_near).add_(y_far[:, None])


def _outside(length: int, first: int, last: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """For each of ``length`` positions: the nearest index within the box, and how far off it is."""
    position = torch.arange(length, device=device)
    near = position.clamp(first, last)
    return near - first, (position - near).abs().clamp_(max=FAR).to(torch.int16)
