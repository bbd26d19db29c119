"""A steady square crop around a face."""

from __future__ import annotations

import torch
from torch import Tensor

from examples.vid2vid.preprocessing import Crop, shift_inside


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
    center = (low + high) / 2 - torch.tensor([0.0, extent * margin / 3])
    # A face that nearly fills the frame: rather less margin than invented borders.
    side = min(side, max(min(size), round(extent * 1.1)))
    left, top = (round(float(c) - side / 2) for c in center)
    return Crop(shift_inside(left, side, size[1]), shift_inside(top, side, size[0]), side, side)
