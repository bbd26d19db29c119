"""What every pose function asks of its keypoints."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidgan._checks import check_finite, check_tensor
from vidgan.conditions.pose_layout import NUM_KEYPOINTS

#: A point counts when its confidence is above this; a line of a face when all its points are.
COUNTS, FACE_COUNTS = 0.01, 0.1


def check_keypoints(
    keypoints: Tensor, function: str, *, count: int = NUM_KEYPOINTS, video: bool = True
) -> NDArray[np.float64]:
    """Return keypoints as (T, count, 3), or raise.

    Args:
        keypoints: (count, 3), or (T, count, 3) where ``video`` is set.
        function: name of the caller, the first word of the message.
        count: number of points.
        video: let several frames pass.
    """
    check_tensor(keypoints, function, "keypoints")
    if keypoints.dtype == torch.bool or keypoints.is_complex():
        raise TypeError(f"{function}: keypoints must be real numbers, got {keypoints.dtype}")
    dims = (2, 3) if video else (2,)
    if keypoints.dim() not in dims or keypoints.shape[-2:] != (count, 3):
        many = f" or (T, {count}, 3)" if video else ""
        raise ValueError(
            f"{function}: keypoints must have shape ({count}, 3){many}, x, y in pixels and "
            f"confidence, got {tuple(keypoints.shape)}"
        )
    if keypoints.is_floating_point():
        check_finite(keypoints, function, "keypoints")
    points: NDArray[np.float64] = keypoints.detach().cpu().double().reshape(-1, count, 3).numpy()
    return points


def check_near(points: NDArray[np.float64], size: Sequence[int], function: str) -> None:
    """Raise unless the points that count lie in the image, or beside it by no more than its size.

    A person may have left the image, even wholly; coordinates in other units are found out.
    """
    limit = np.array([size[1], size[0]])
    place = points[:, :, :2]
    far = ((place < -limit) | (place > 2 * limit)).any(axis=2) & (points[:, :, 2] > COUNTS)
    if far.any():
        frame, point = np.argwhere(far)[0].tolist()
        x, y = place[frame, point]
        raise ValueError(
            f"{function}: keypoints must lie in the image, or beside it by no more than its size, "
            f"(H, W) = {tuple(size)}, got ({x:.0f}, {y:.0f}) for point {point} in frame {frame}; "
            "give keypoints in pixels of this image, x first"
        )
