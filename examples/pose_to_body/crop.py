"""A steady crop around a person, of any aspect ratio."""

from __future__ import annotations

import torch
from torch import Tensor

from examples.preparation.preprocessing import Crop, crop_points, shift_inside

_TIGHT = 1.06  # a person that nearly fills the frame has at least this much room
_BESIDE = 0.5  # fraction of the crop's size
_HAIR = 0.08  # of the person's height: the keypoints end at the eyes


def person_crop(
    keypoints: Tensor, size: tuple[int, int], out: tuple[int, int], *, margin: float = 0.1
) -> Crop:
    """Choose one crop that contains the person in every frame, so that the background is static.

    Args:
        keypoints: (T, 137, 3) in pixels; at least one point must count.
        size: (H, W) of the frames.
        out: (H, W) that the crop is resized to; it has the same aspect ratio.
        margin: room on every side, as a fraction of the height of the box around all points that
            count, plus 0.08 of that height above, for the hair.

    Returns:
        The crop, inside the frame if one of its size fits.
    """
    points = keypoints.reshape(-1, 3)
    points = points[points[:, 2] > 0, :2]
    limit = points.new_tensor([size[1] - 1, size[0] - 1])
    points = torch.minimum(points.clamp(min=0), limit)  # what is outside the frame cannot be shown
    low, high = points.amin(0), points.amax(0)
    low[1] = low[1] - _HAIR * (high[1] - low[1])
    box_width, box_height = (max(float(side), 8.0) for side in high - low)
    ratio = out[1] / out[0]
    room = 2 * margin * box_height
    height = _smallest_height(box_width + room, box_height + room, ratio)
    least = _smallest_height(box_width * _TIGHT, box_height * _TIGHT, ratio)
    # Prefer a smaller margin to padded borders.
    height = max(min(height, size[0], size[1] / ratio), least)
    width = max(round(height * ratio), 1)
    height = max(round(height), 1)
    center = (low + high) / 2
    left, top = round(float(center[0]) - width / 2), round(float(center[1]) - height / 2)
    return Crop(
        shift_inside(left, width, size[1]), shift_inside(top, height, size[0]), height, width
    )


def crop_keypoints(keypoints: Tensor, crop: Crop, size: tuple[int, int]) -> Tensor:
    """Transform keypoints (T, 137, 3) from pixels of the frame to pixels of the resized crop.

    Those more than half its size outside the crop do not count any more.
    """
    places = crop_points(keypoints[..., :2], crop, size)
    limit = places.new_tensor([size[1], size[0]])
    near = ((places > -_BESIDE * limit) & (places < (1 + _BESIDE) * limit)).all(-1, keepdim=True)
    moved = torch.cat([places, keypoints[..., 2:]], dim=-1)
    return torch.where(near & (keypoints[..., 2:] > 0), moved, 0.0)


def _smallest_height(width: float, height: float, ratio: float) -> float:
    """Compute the height of the smallest crop of an aspect ratio that contains a box."""
    return max(height, width / ratio)
