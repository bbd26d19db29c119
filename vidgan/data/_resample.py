"""Resizing with pixel centers at the corners, so that images, labels, flows and points agree.

`torch.nn.functional.interpolate` with ``antialias=True`` ignores where ``align_corners`` puts the
centers (an image halved in size moves by half a pixel, torch 2.14), hence this one.
"""

from __future__ import annotations

import torch
from torch import Tensor


def resize_bilinear(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize bilinearly; where an axis shrinks, the triangle filter widens with it (antialias).

    Args:
        images: (..., H, W), floating-point.
        size: the new (H2, W2), at least 2 each.

    Returns:
        (..., H2, W2). Enlarging equals ``interpolate(mode="bilinear", align_corners=True)``.

    Example:
        >>> resize_bilinear(torch.tensor([[0.0, 1.0, 2.0]]).expand(3, 3), (3, 5))[0]
        tensor([0.0000, 0.5000, 1.0000, 1.5000, 2.0000])
    """
    for dim, length in zip((-2, -1), size, strict=True):
        images = _resize_axis(images, dim, length)
    return images


def resize_nearest(labels: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize by taking the nearest pixel: no new values appear. (..., H, W) -> (..., H2, W2).

    Example:
        >>> resize_nearest(torch.tensor([[1, 2, 3, 4, 5]]).expand(3, 5), (3, 3))[0]
        tensor([1, 3, 5])
    """
    for dim, length in zip((-2, -1), size, strict=True):
        nearest = _centers(labels.shape[dim], length).round().long().to(labels.device)
        labels = labels.index_select(dim, nearest)
    return labels


def _centers(old: int, new: int) -> Tensor:
    return torch.linspace(0, old - 1, new, dtype=torch.float64)


def _resize_axis(images: Tensor, dim: int, length: int) -> Tensor:
    old = images.shape[dim]
    if old == length:
        return images
    centers = _centers(old, length)
    reach = max((old - 1) / (length - 1), 1.0)
    first = torch.ceil(centers - reach).long()
    taps = first[:, None] + torch.arange(int(2 * reach) + 1)  # (length, taps)
    offsets = taps - centers[:, None]
    weights = (1 - offsets.abs() / reach).clamp(min=0)
    weights = weights * ((taps >= 0) & (taps < old))
    # Sampled at whole pixels, the triangle's mean place is off by up to 0.08 pixels, and by more
    # where the border cuts it. Tilting the weights puts it back, as far as none becomes negative.
    tilt = -(weights * offsets).sum(1) / (weights * offsets.square()).sum(1).clamp(min=1e-9)
    weights = weights * (1 + tilt.clamp(-1 / reach, 1 / reach)[:, None] * offsets)
    weights = (weights / weights.sum(dim=1, keepdim=True)).to(images)
    taps = taps.clamp(0, old - 1).to(images.device)
    shape = (length, 1) if dim == -2 else (length,)
    resized = torch.zeros_like(images.index_select(dim, taps[:, 0]))
    for tap in range(taps.shape[1]):  # few taps: no (length, old) matrix is needed
        resized += images.index_select(dim, taps[:, tap]) * weights[:, tap].view(shape)
    return resized
