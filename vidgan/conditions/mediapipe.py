"""MediaPipe's 33 body points as BODY_25, and its face mesh as the 68 landmarks of a face."""

from __future__ import annotations

import torch
from torch import Tensor

from vidgan._checks import check_shapes
from vidgan.conditions._keypoints import keypoint_array

MEDIAPIPE_TO_BODY25: tuple[tuple[int, ...], ...] = (
    (0,),  # nose
    (11, 12),  # neck: mean of the shoulders
    (12,),  # right shoulder, elbow, wrist
    (14,),
    (16,),
    (11,),  # left shoulder, elbow, wrist
    (13,),
    (15,),
    (23, 24),  # mid-hip: mean of the hips
    (24,),  # right hip, knee, ankle
    (26,),
    (28,),
    (23,),  # left hip, knee, ankle
    (25,),
    (27,),
    (5,),  # right eye, left eye
    (2,),
    (8,),  # right ear, left ear
    (7,),
    (31,),  # left big toe: the tip of the foot
    (31,),  # left small toe: none in MediaPipe, moved outwards below
    (29,),  # left heel
    (32,),  # right big toe, small toe, heel
    (32,),
    (30,),
)
"""For each of the 25 points of BODY_25, the one or two of MediaPipe's 33 whose mean it is.

>>> MEDIAPIPE_TO_BODY25[1]  # the neck lies between the shoulders
(11, 12)
"""

# fmt: off
MEDIAPIPE_TO_FACE68: tuple[int, ...] = (
    234, 93, 132, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 361, 323, 454,  # jaw
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,  # brows
    168, 197, 5, 4, 75, 97, 2, 326, 305,  # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,  # lips, outside
    78, 82, 13, 312, 308, 317, 14, 87,  # lips, inside
)
# fmt: on
"""For each of the 68 landmarks of a face, the vertex of MediaPipe's face mesh nearest to it.

>>> MEDIAPIPE_TO_FACE68[8]  # the chin
152
"""

# Small toe, big toe, heel: the small toe is next to the big one, away from the other foot.
_SMALL_TOES = ((20, 19, 21), (23, 22, 24))
_FOOT_WIDTH = 0.35  # of the foot's length


def mediapipe_to_body25(landmarks: Tensor) -> Tensor:
    """Convert the 33 points of MediaPipe's pose into the 25 of OpenPose's BODY_25.

    From BlazePose (Bazarevsky et al. 2020, `arXiv:2006.10204
    <https://arxiv.org/abs/2006.10204>`__) to the points of OpenPose (Cao et al. 2019,
    `arXiv:1812.08008 <https://arxiv.org/abs/1812.08008>`__). `MEDIAPIPE_TO_BODY25`
    lists which points are taken. A mean has the lower of its points' confidences. MediaPipe has
    one tip of the foot, taken as the big toe; the small toe is put 0.35 foot lengths next to it, on
    the side away from the other foot, with half its confidence.

    Args:
        landmarks: (33, 3) or (T, 33, 3): x, y in pixels, and visibility in [0, 1].

    Returns:
        (25, 3) or (T, 25, 3) of the same dtype: x, y in pixels, and confidence.

    Raises:
        TypeError: ``landmarks`` is no real-valued tensor.
        ValueError: wrong shape or NaN.

    Example:
        >>> landmarks = torch.zeros(33, 3)
        >>> landmarks[11], landmarks[12] = torch.tensor([[4.0, 2, 0.9], [8.0, 4, 0.5]])
        >>> mediapipe_to_body25(landmarks)[1]
        tensor([6.0, 3.0, 0.5])
    """
    keypoint_array(landmarks, "mediapipe_to_body25", count=33)
    first = landmarks[..., [points[0] for points in MEDIAPIPE_TO_BODY25], :]
    last = landmarks[..., [points[-1] for points in MEDIAPIPE_TO_BODY25], :]
    place = (first[..., :2] + last[..., :2]) / 2
    confidence = torch.minimum(first[..., 2:], last[..., 2:])
    body = torch.cat([place, confidence], dim=-1)
    feet_middle = (body[..., 19, :2] + body[..., 22, :2]) / 2
    for small, big, heel in _SMALL_TOES:
        toe, length = body[..., big, :2], body[..., big, :2] - body[..., heel, :2]
        across = torch.stack([-length[..., 1], length[..., 0]], dim=-1)
        away = ((toe - feet_middle) * across).sum(-1, keepdim=True)
        side = torch.where(away >= 0, 1.0, -1.0).to(body.dtype)
        body[..., small, :2] = toe + _FOOT_WIDTH * side * across
        body[..., small, 2] = body[..., big, 2] / 2
    return body


def mediapipe_to_face68(landmarks: Tensor) -> Tensor:
    """Select the 68 landmarks of a face (iBUG 300-W, as dlib's) from MediaPipe's face mesh.

    From the mesh of Kartynnik et al. 2019 (`arXiv:1907.06724
    <https://arxiv.org/abs/1907.06724>`__), by `MEDIAPIPE_TO_FACE68`. The two agree roughly: on a
    real clip the jaw lay about 0.16, and the other points 0.05, of the distance between the
    eyes from dlib's; so train and generate with the same detector.

    Args:
        landmarks: (N, C) or (T, N, C): x, y and possibly more, in any unit, of the N = 468
            vertices, or 478 with the irises.

    Returns:
        (68, C) or (T, 68, C), in the unit and dtype of ``landmarks``.

    Raises:
        TypeError: ``landmarks`` is no tensor.
        ValueError: it has another shape.

    Example:
        >>> mesh = torch.arange(468.0)[:, None].expand(468, 2)
        >>> mediapipe_to_face68(mesh)[36]  # a corner of an eye
        tensor([33., 33.])
    """
    check_shapes("mediapipe_to_face68", landmarks=(landmarks, "any ..."))
    if landmarks.dim() not in (2, 3) or landmarks.shape[-2] not in (468, 478):
        raise ValueError(
            "mediapipe_to_face68: landmarks must have shape (N, C) or (T, N, C) with the N = 468 "
            f"or 478 vertices of the face mesh, got {tuple(landmarks.shape)}"
        )
    return landmarks[..., list(MEDIAPIPE_TO_FACE68), :]
