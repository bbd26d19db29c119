"""A steady crop around a person, of any aspect ratio."""

from __future__ import annotations

import torch
from torch import Tensor

from examples.vid2vid.preprocessing import Crop, crop_points, shift_inside

_TIGHT = 1.06  # a person that nearly fills the frame has at least this much room
_BESIDE = 0.5  # share of the part's size
_HAIR = 0.08  # of the person's height: the keypoints end at the eyes


def person_crop(
    keypoints: Tensor, size: tuple[int, int], out: tuple[int, int], *, margin: float = 0.1
) -> Crop:
    """Choose one part that holds the person in every frame, so that the background stands still.

    Args:
        keypoints: (T, 137, 3) in pixels; one point at least must count.
        size: (H, W) of the frames.
        out: (H, W) that the part is resized to; it has their aspect ratio.
        margin: room on every side, as a share of the height of the box around all points that
            count, and 0.08 of it more above, for the hair.

    Returns:
        The part. It lies inside the frame where one of its size fits.
    """
    points = keypoints.reshape(-1, 3)
    points = points[points[:, 2] > 0, :2]
    limit = points.new_tensor([size[1] - 1, size[0] - 1])
    points = torch.minimum(points.clamp(min=0), limit)  # what left the frame cannot be shown
    low, high = points.amin(0), points.amax(0)
    low[1] = low[1] - _HAIR * (high[1] - low[1])
    box_width, box_height = (max(float(side), 8.0) for side in high - low)
    ratio = out[1] / out[0]
    room = 2 * margin * box_height
    height = _holding(box_width + room, box_height + room, ratio)
    least = _holding(box_width * _TIGHT, box_height * _TIGHT, ratio)
    # Rather less margin than invented borders.
    height = max(min(height, size[0], size[1] / ratio), least)
    width = max(round(height * ratio), 1)
    height = max(round(height), 1)
    center = (low + high) / 2
    left, top = round(float(center[0]) - width / 2), round(float(center[1]) - height / 2)
    return Crop(
        shift_inside(left, width, size[1]), shift_inside(top, height, size[0]), height, width
    )


def crop_keypoints(keypoints: Tensor, crop: Crop, size: tuple[int, int]) -> Tensor:
    """Move keypoints (T, 137, 3) of the frame to pixels of the resized part.

    Those that lie farther outside it than half its size do not count any more.
    """
    places = crop_points(keypoints[..., :2], crop, size)
    limit = places.new_tensor([size[1], size[0]])
    near = ((places > -_BESIDE * limit) & (places < (1 + _BESIDE) * limit)).all(-1, keepdim=True)
    moved = torch.cat([places, keypoints[..., 2:]], dim=-1)
    return torch.where(near & (keypoints[..., 2:] > 0), moved, 0.0)


def _holding(width: float, height: float, ratio: float) -> float:
    """Height of the smallest part of an aspect ratio that holds a box."""
    return max(height, width / ratio)
