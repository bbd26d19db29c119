"""A steady square crop around a face, and what it does to frames and landmarks."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import InterpolationMode, resize


class Crop(NamedTuple):
    """A square of the frame; it may reach beyond the frame, which is then repeated outwards."""

    left: int
    top: int
    side: int


def face_crop(landmarks: Tensor, size: tuple[int, int], *, margin: float = 0.3) -> Crop:
    """Choose one square that holds the face in every frame, so that the background stands still.

    Args:
        landmarks: (T, 68, 2) in pixels, finite.
        size: (H, W) of the frames.
        margin: room on every side, as a share of the larger side of the box around all landmarks.
            There is twice as much above as below, since the landmarks end at the brows.

    Returns:
        The square. It lies inside the frame where a square of its size fits.
    """
    points = landmarks.reshape(-1, 2)
    low, high = points.amin(0), points.amax(0)
    extent = float((high - low).max())
    side = max(8, round(extent * (1 + 2 * margin)))
    centre = (low + high) / 2 - torch.tensor([0.0, extent * margin / 3])
    # A face that nearly fills the frame: rather less margin than invented borders.
    side = min(side, max(min(size), round(extent * 1.1)))
    left, top = (round(float(c) - side / 2) for c in centre)
    return Crop(_inside(left, side, size[1]), _inside(top, side, size[0]), side)


def crop_frame(frame: Tensor, crop: Crop, size: int) -> Tensor:
    """Cut the square out of a frame and resize it: uint8 (3, H, W) -> uint8 (3, size, size)."""
    height, width = frame.shape[1:]
    rows = torch.arange(crop.top, crop.top + crop.side).clamp(0, height - 1)
    columns = torch.arange(crop.left, crop.left + crop.side).clamp(0, width - 1)
    square = frame[:, rows][:, :, columns]
    return resize(square, [size, size], interpolation=InterpolationMode.BICUBIC, antialias=True)


def crop_landmarks(landmarks: Tensor, crop: Crop, size: int) -> Tensor:
    """Move landmarks (..., 68, 2) in pixels of the frame to pixels of the resized square."""
    corner = landmarks.new_tensor([crop.left, crop.top])
    return (landmarks + 0.5 - corner) * (size / crop.side) - 0.5


def _inside(start: int, side: int, length: int) -> int:
    """Shift the square into the frame, or over it where it is larger."""
    room = length - side
    return min(max(start, min(room, 0)), max(room, 0))
