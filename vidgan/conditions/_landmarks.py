"""What every face function asks of its landmarks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidgan._checks import check_finite, check_tensor
from vidgan.conditions.face_layout import NUM_LANDMARKS


def check_size(size: Sequence[int], function: str) -> tuple[int, int]:
    """Return (H, W), or raise ValueError unless both are positive whole numbers."""
    if len(size) != 2 or any(side != int(side) or side < 1 for side in size):
        raise ValueError(f"{function}: size must be (H, W) of at least 1 pixel, got {tuple(size)}")
    return int(size[0]), int(size[1])


def check_landmarks(landmarks: Tensor, size: tuple[int, int], function: str) -> NDArray[np.float64]:
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
    points = landmarks.detach().cpu().double().reshape(-1, NUM_LANDMARKS, 2)
    limit = points.new_tensor([size[1], size[0]])
    far = ((points < -limit) | (points > 2 * limit)).any(dim=2).any(dim=1)
    inside = ((points >= 0) & (points < limit)).all(dim=2).any(dim=1)
    wrong = (far | ~inside).nonzero().flatten().tolist()
    if wrong:
        (left, top), (right, bottom) = points[wrong[0]].amin(0), points[wrong[0]].amax(0)
        raise ValueError(
            f"{function}: landmarks must lie in the image, or partly beside it, "
            f"(H, W) = {size}, got x {left:.0f} to {right:.0f}, y {top:.0f} to {bottom:.0f} "
            f"in frame {wrong[0]}; give landmarks in pixels of this image, x first"
        )
    coordinates: NDArray[np.float64] = points.numpy()
    return coordinates
