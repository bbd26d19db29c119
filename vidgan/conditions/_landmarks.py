"""What every face function asks of its landmarks."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidgan._checks import check_finite, check_tensor
from vidgan.conditions.face_layout import NUM_LANDMARKS


def check_size(size: tuple[int, int], function: str) -> tuple[int, int]:
    """Return (H, W), or raise ValueError unless both are positive whole numbers."""
    if len(size) != 2 or any(side != int(side) or side < 1 for side in size):
        raise ValueError(f"{function}: size must be (H, W) of at least 1 pixel, got {size}")
    return int(size[0]), int(size[1])


def check_landmarks(
    landmarks: Tensor, size: tuple[int, int], function: str
) -> NDArray[np.float64]:
    """Return landmarks as (T, 68, 2), or raise.

    Points may lie outside the image, as where a face leaves it, but not by more than the
    image's own size, and some of each frame's must lie inside.
    """
    check_tensor(landmarks, function, "landmarks")
    if landmarks.dtype == torch.bool or landmarks.is_complex():
        raise TypeError(f"{function}: landmarks must be real numbers, got {landmarks.dtype}")
    if landmarks.dim() not in (2, 3) or landmarks.shape[-2:] != (NUM_LANDMARKS, 2):
        raise ValueError(
            f"{function}: landmarks must have shape (68, 2) or (T, 68, 2), x then y in pixels, "
            f"got {tuple(landmarks.shape)}"
        )
    if landmarks.is_floating_point():
        check_finite(landmarks, function, "landmarks")
    points = landmarks.detach().cpu().double().reshape(-1, NUM_LANDMARKS, 2).numpy()
    limit = np.array([size[1], size[0]])
    far = ((points < -limit) | (points > 2 * limit)).any(axis=2)
    away = ~((points >= 0) & (points < limit)).all(axis=2).any(axis=1)
    if far.any() or away.any():
        frame = int((far.any(axis=1) | away).nonzero()[0][0])
        low, high = points[frame].min(axis=0), points[frame].max(axis=0)
        raise ValueError(
            f"{function}: landmarks must lie in the image or beside it, (H, W) = {size}, got "
            f"x {low[0]:.0f} to {high[0]:.0f}, y {low[1]:.0f} to {high[1]:.0f} in frame {frame}; "
            "give landmarks in pixels of this image, x first"
        )
    return points
