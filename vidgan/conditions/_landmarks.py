"""Argument checks shared by the face functions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from vidgan.conditions._keypoints import point_array


def check_size(size: Sequence[int], function: str) -> tuple[int, int]:
    """Return (H, W), or raise ValueError unless both are positive whole numbers."""
    if len(size) != 2 or any(side != int(side) or side < 1 for side in size):
        raise ValueError(f"{function}: size must be (H, W) of at least 1 pixel, got {tuple(size)}")
    return int(size[0]), int(size[1])


def landmark_array(landmarks: Tensor, size: tuple[int, int], function: str) -> NDArray[np.float64]:
    """Convert landmarks to (T, 68, 2), or raise.

    Points may lie outside the image, as where a face leaves it, but not by more than the
    image's own size, and some of each frame's must lie inside.
    """
    points = point_array(landmarks, function, "landmarks", "real [T] 68 2", ", x then y in pixels")
    limit = np.array([size[1], size[0]])
    far = np.any((points < -limit) | (points > 2 * limit), axis=(1, 2))
    inside = np.any(np.all((points >= 0) & (points < limit), axis=2), axis=1)
    wrong = np.flatnonzero(far | ~inside).tolist()
    if wrong:
        (left, top), (right, bottom) = points[wrong[0]].min(0), points[wrong[0]].max(0)
        raise ValueError(
            f"{function}: landmarks must lie in the image, or partly beside it, "
            f"(H, W) = {size}, got x {left:.0f} to {right:.0f}, y {top:.0f} to {bottom:.0f} "
            f"in frame {wrong[0]}; give landmarks in pixels of this image, x first"
        )
    return points
