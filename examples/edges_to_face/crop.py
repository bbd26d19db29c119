"""A steady square crop around a face."""

from __future__ import annotations

import torch
from torch import Tensor

from examples.preparation.preprocessing import Crop, shift_inside


def face_crop(landmarks: Tensor, size: tuple[int, int], *, margin: float = 0.3) -> Crop:
    """Choose one square that contains the face in every frame, so that the background is static.

    Args:
        landmarks: (T, 68, 2) in pixels, finite.
        size: (H, W) of the frames.
        margin: room on every side, as a fraction of the larger side of the box around all
            landmarks; twice as much above as below, since the landmarks end at the brows.

    Returns:
        The square, inside the frame if a square of its size fits.
    """
    points = landmarks.reshape(-1, 2)
    low, high = points.amin(0), points.amax(0)
    extent = float((high - low).max())
    side = max(8, round(extent * (1 + 2 * margin)))
    center = (low + high) / 2 - torch.tensor([0.0, extent * margin / 3])
    # If the face nearly fills the frame, prefer a smaller margin to padded borders.
    side = min(side, max(min(size), round(extent * 1.1)))
    left, top = (round(float(c) - side / 2) for c in center)
    return Crop(shift_inside(left, side, size[1]), shift_inside(top, side, size[0]), side, side)
