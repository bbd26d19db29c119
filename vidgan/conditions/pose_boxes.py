"""Boxes around the face of a person, for a region discriminator."""

from __future__ import annotations

import torch
from torch import Tensor

from vidgan._checks import check_at_least
from vidgan.conditions._keypoints import COUNTS, FACE_COUNTS, keypoint_array
from vidgan.conditions.pose_layout import FACE

_HEAD = (0, 15, 16, 17, 18)  # nose, eyes, ears
_NOSE, _NECK = 0, 1
_FEWEST_FACE, _FEWEST_HEAD = 20, 2  # points that a box is made from
_HEAD_OF_NECK = 1.1  # side of a face over the distance from nose to neck


def pose_face_boxes(keypoints: Tensor, *, margin: float = 0.3) -> Tensor:
    """Compute a square around the face in each frame.

    From the face's points with confidence above 0.1 where there are 20 or more: the square with
    the center of their box and the longer of its sides. Else from nose, eyes and ears with
    confidence above 0.01, if two or more are there: the square around their mean, as large as
    they reach or as 1.1 times the distance from nose to neck.

    Args:
        keypoints: (137, 3) or (T, 137, 3): x, y in pixels, and confidence.
        margin: room on every side, as a share of the square's side.

    Returns:
        float32 (4,) or (T, 4): x0, y0, x1, y1 in pixels, which may lie outside the image; NaN
        where there is no face.

    Raises:
        TypeError: ``keypoints`` is no real-valued tensor.
        ValueError: wrong shape, NaN, or a negative margin.

    Example:
        >>> keypoints = torch.zeros(137, 3)
        >>> keypoints[25:95] = torch.tensor([20.0, 30.0, 1.0])
        >>> keypoints[25] = torch.tensor([30.0, 40.0, 1.0])
        >>> pose_face_boxes(keypoints, margin=0.5)
        tensor([15., 25., 35., 45.])
    """
    check_at_least("pose_face_boxes", 0, margin=margin)
    frames = torch.from_numpy(keypoint_array(keypoints, "pose_face_boxes"))
    boxes = torch.stack([_box(frame, margin) for frame in frames]) if len(frames) else None
    boxes = frames.new_zeros(0, 4) if boxes is None else boxes
    return (boxes if keypoints.dim() == 3 else boxes[0]).float().to(keypoints.device)


def _box(points: Tensor, margin: float) -> Tensor:
    face = points[FACE]
    face = face[face[:, 2] > FACE_COUNTS, :2]
    if len(face) >= _FEWEST_FACE:
        low, high = face.amin(0), face.amax(0)
        center, side = (low + high) / 2, (high - low).max()
    else:
        head = points[list(_HEAD)]
        head = head[head[:, 2] > COUNTS, :2]
        if len(head) < _FEWEST_HEAD:
            return points.new_full((4,), torch.nan)
        center, side = head.mean(0), (head.amax(0) - head.amin(0)).max()
        if bool((points[[_NOSE, _NECK], 2] > COUNTS).all()):
            reach = torch.linalg.vector_norm(points[_NOSE, :2] - points[_NECK, :2])
            side = torch.maximum(side, _HEAD_OF_NECK * reach)
    half = side * (0.5 + margin)
    return torch.cat([center - half, center + half])
