"""The 133 points of COCO-WholeBody (DWPose, RTMW, MMPose) as OpenPose's 137 keypoints."""

from __future__ import annotations

import torch
from torch import Tensor

from vidgan.conditions._keypoints import keypoint_array

NUM_WHOLEBODY = 133
_FACE, _LEFT_HAND, _RIGHT_HAND = 23, 91, 112  # first indices; 0 to 16 body, 17 to 22 feet

WHOLEBODY133_TO_OPENPOSE: tuple[tuple[int, ...], ...] = (
    (0,),  # nose
    (5, 6),  # neck: mean of the shoulders
    (6,),  # right shoulder, elbow, wrist
    (8,),
    (10,),
    (5,),  # left shoulder, elbow, wrist
    (7,),
    (9,),
    (11, 12),  # mid-hip: mean of the hips
    (12,),  # right hip, knee, ankle
    (14,),
    (16,),
    (11,),  # left hip, knee, ankle
    (13,),
    (15,),
    (2,),  # right eye, left eye
    (1,),
    (4,),  # right ear, left ear
    (3,),
    (17,),  # left big toe, small toe, heel
    (18,),
    (19,),
    (20,),  # right big toe, small toe, heel
    (21,),
    (22,),
    *((_FACE + point,) for point in range(68)),
    tuple(_FACE + point for point in range(36, 42)),  # pupils: means of the eyes' outlines
    tuple(_FACE + point for point in range(42, 48)),
    *((_LEFT_HAND + point,) for point in range(21)),
    *((_RIGHT_HAND + point,) for point in range(21)),
)
"""For each of OpenPose's 137 keypoints, those of COCO-WholeBody's 133 points whose mean it is.

COCO-WholeBody (Jin et al. 2020, `arXiv:2007.11858 <https://arxiv.org/abs/2007.11858>`__) counts
the 17 points of COCO's body, 6 of the feet, 68 of the face, 21 of the left and 21 of the right
hand.

>>> WHOLEBODY133_TO_OPENPOSE[1]  # the neck lies between the shoulders
(5, 6)
>>> WHOLEBODY133_TO_OPENPOSE[95], WHOLEBODY133_TO_OPENPOSE[116]  # the wrists of the two hands
((91,), (112,))
"""


def wholebody133_to_openpose(points: Tensor, *, threshold: float = 0.3) -> Tensor:
    """Convert the 133 points of COCO-WholeBody into OpenPose's 137 keypoints.

    From COCO-WholeBody (Jin et al. 2020, `arXiv:2007.11858 <https://arxiv.org/abs/2007.11858>`__),
    which DWPose, RTMW and MMPose detect, to BODY_25, 70 points of the face and 21 of each hand.
    `WHOLEBODY133_TO_OPENPOSE` lists which points are taken. A mean has the lowest of its points'
    confidences. These detectors give every point a place, seen or not, so that those whose score
    is below ``threshold`` count as not found: they become (0, 0, 0).

    Args:
        points: (133, 3) or (T, 133, 3): x, y in pixels, and score; scores above 1 become 1.
        threshold: least score of a point that was found; 0.3 as in DWPose and rtmlib.

    Returns:
        (137, 3) or (T, 137, 3) of the same dtype: x, y in pixels, and confidence.

    Raises:
        TypeError: ``points`` is no real-valued tensor.
        ValueError: wrong shape or NaN.

    Example:
        >>> points = torch.zeros(133, 3)
        >>> points[5], points[6] = torch.tensor([[8.0, 2, 0.9], [4.0, 4, 0.5]])
        >>> wholebody133_to_openpose(points)[[1, 2, 5]]
        tensor([[6.0, 3.0, 0.5],
                [4.0, 4.0, 0.5],
                [8.0, 2.0, 0.9]])
    """
    keypoint_array(points, "wholebody133_to_openpose", count=NUM_WHOLEBODY)
    parts = []
    for indices in WHOLEBODY133_TO_OPENPOSE:
        part = points[..., list(indices), :]
        place = part[..., :2].mean(-2)
        parts.append(torch.cat([place, part[..., 2].amin(-1, keepdim=True)], dim=-1))
    keypoints = torch.stack(parts, dim=-2)
    keypoints[..., 2].clamp_(max=1)
    return torch.where(keypoints[..., 2:] >= threshold, keypoints, 0)
