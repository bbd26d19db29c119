"""Argument checks shared by the pose functions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from vidgan._checks import check_finite, check_shapes
from vidgan.conditions.pose_layout import NUM_KEYPOINTS

#: A point counts when its confidence is above this; a line of a face when all its points are.
COUNTS, FACE_COUNTS = 0.01, 0.1


def keypoint_array(
    keypoints: Tensor, function: str, *, count: int = NUM_KEYPOINTS, video: bool = True
) -> NDArray[np.float64]:
    """Convert keypoints to (T, count, 3), or raise.

    Args:
        keypoints: (count, 3), or (T, count, 3) where ``video`` is set.
        function: name of the caller, the first word of the message.
        count: number of points.
        video: let several frames pass.
    """
    shape = f"real {'[T] ' if video else ''}{count} 3"
    return point_array(keypoints, function, "keypoints", shape, ", x, y in pixels and confidence")


def point_array(
    points: Tensor, function: str, argument: str, shape: str, meaning: str
) -> NDArray[np.float64]:
    """Convert real, finite points of ``shape``, as in `check_shapes`, to (T, N, C), or raise."""
    check_shapes(function, **{argument: (points, shape, meaning)})
    wide: Tensor = points.detach().cpu().double()
    array: NDArray[np.float64] = wide.reshape(-1, *points.shape[-2:]).numpy()
    if not np.isfinite(array).all():  # faster than to ask torch
        check_finite(points, function, argument)
    return array


def check_near(points: NDArray[np.float64], size: Sequence[int], function: str) -> None:
    """Raise unless the points that count lie in the image, or outside it by no more than its size.

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
