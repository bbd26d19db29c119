"""A steady crop of a video, and what it does to frames and points."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import InterpolationMode, resize


class Crop(NamedTuple):
    """A part of the frame; it may reach beyond the frame, which is then repeated outwards."""

    left: int
    top: int
    height: int
    width: int


def crop_frame(
    frame: Tensor,
    crop: Crop,
    size: tuple[int, int],
    *,
    interpolation: InterpolationMode = InterpolationMode.BICUBIC,
) -> Tensor:
    """Cut the part out of a frame and resize it: uint8 (C, H, W) -> uint8 (C, *size)."""
    height, width = frame.shape[1:]
    rows = torch.arange(crop.top, crop.top + crop.height).clamp(0, height - 1)
    columns = torch.arange(crop.left, crop.left + crop.width).clamp(0, width - 1)
    part = frame[:, rows][:, :, columns]
    return resize(part, list(size), interpolation=interpolation, antialias=True)


def crop_points(points: Tensor, crop: Crop, size: tuple[int, int]) -> Tensor:
    """Move points (..., 2) in pixels of the frame to pixels of the resized part."""
    corner = points.new_tensor([crop.left, crop.top])
    factors = points.new_tensor([size[1] / crop.width, size[0] / crop.height])
    return (points + 0.5 - corner) * factors - 0.5


def moved_inside(start: int, side: int, length: int) -> int:
    """Shift a side of the crop into the frame, or over it where it is larger."""
    room = length - side
    return min(max(start, min(room, 0)), max(room, 0))
