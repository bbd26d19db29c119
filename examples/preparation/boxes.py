"""Bounding boxes, and upscaling of small frames for the detectors of ``prepare``."""

from __future__ import annotations

from torch import Tensor
from torchvision.transforms.v2.functional import InterpolationMode, resize

Box = tuple[float, float, float, float]

_SMALLEST_SIDE, _LARGEST_SIDE = 432, 720  # dlib's detector needs faces of at least 80 pixels


def area(box: Box) -> float:
    """Compute the area of a box, in square pixels."""
    return (box[2] - box[0]) * (box[3] - box[1])


def overlap(a: Box, b: Box | None) -> float:
    """Compute the intersection over union of two boxes; 0 if the second is None."""
    if b is None:
        return 0.0
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (area(a) + area(b) - shared)


def enlarge(frame: Tensor, factor: float) -> Tensor:
    """Resize a uint8 frame (3, H, W) by a factor."""
    size = [round(side * factor) for side in frame.shape[1:]]
    return resize(frame, size, interpolation=InterpolationMode.BICUBIC, antialias=True)


def enlarging_factor(short_side: int) -> float:
    """Choose the factor that resizes the shorter side to 432 to 720 pixels."""
    if short_side > _LARGEST_SIDE:
        return _LARGEST_SIDE / short_side
    return max(1, -(-_SMALLEST_SIDE // short_side))
