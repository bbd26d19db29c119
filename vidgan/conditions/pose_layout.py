"""The 137 keypoints of a person (OpenPose order), and which of them each stroke joins."""

from __future__ import annotations

from typing import NamedTuple

from vidgan.conditions.face_layout import LANDMARK_FLIP

NUM_KEYPOINTS = 137
"""How many keypoints a person has, 25 of the body (BODY_25), 70 of the face, 21 of each hand.

>>> NUM_KEYPOINTS == 25 + 70 + 2 * 21
True
"""

BODY = slice(0, 25)
FACE = slice(25, 95)
LEFT_HAND = slice(95, 116)
RIGHT_HAND = slice(116, 137)

Color = tuple[int, int, int]


class Stroke(NamedTuple):
    """A line through some keypoints, drawn whole or not at all.

    Attributes:
        part: "head" (limbs from the nose to the ears), "body", "hands" or "face".
        points: indices among the 137 keypoints.
        color: R, G, B of 0 to 255.

    Example:
        >>> limb = POSE_STROKES[5]
        >>> limb.part, limb.points, limb.color
        ('body', (1, 8), (153, 0, 0))
    """

    part: str
    points: tuple[int, ...]
    color: Color


BODY_LIMBS: tuple[tuple[int, int, Color], ...] = (
    (17, 15, (153, 0, 153)),
    (15, 0, (153, 0, 102)),
    (0, 16, (102, 0, 153)),
    (16, 18, (51, 0, 153)),
    (0, 1, (153, 0, 51)),
    (1, 8, (153, 0, 0)),
    (1, 2, (153, 51, 0)),
    (2, 3, (153, 102, 0)),
    (3, 4, (153, 153, 0)),
    (1, 5, (102, 153, 0)),
    (5, 6, (51, 153, 0)),
    (6, 7, (0, 153, 0)),
    (8, 9, (0, 153, 51)),
    (9, 10, (0, 153, 102)),
    (10, 11, (0, 153, 153)),
    (11, 24, (0, 153, 153)),
    (11, 22, (0, 153, 153)),
    (22, 23, (0, 153, 153)),
    (8, 12, (0, 102, 153)),
    (12, 13, (0, 51, 153)),
    (13, 14, (0, 0, 153)),
    (14, 21, (0, 0, 153)),
    (14, 19, (0, 0, 153)),
    (19, 20, (0, 0, 153)),
)
"""The limbs as (point, point, color) in the order of drawing.

Points are indices in BODY_25, colors R, G, B of 0 to 255.

>>> BODY_LIMBS[5]  # from the neck to the middle of the hips
(1, 8, (153, 0, 0))
"""

FINGERS: tuple[tuple[tuple[int, ...], Color], ...] = (
    ((0, 1, 2, 3, 4), (204, 0, 0)),
    ((0, 5, 6, 7, 8), (163, 204, 0)),
    ((0, 9, 10, 11, 12), (0, 204, 82)),
    ((0, 13, 14, 15, 16), (0, 82, 204)),
    ((0, 17, 18, 19, 20), (163, 0, 204)),
)
"""The fingers of a hand as (points, color), thumb first.

Points are indices among the 21 of the hand, from the wrist 0 to the tip; colors R, G, B of 0 to
255.

>>> FINGERS[0]
((0, 1, 2, 3, 4), (204, 0, 0))
"""

FACE_LINES: tuple[tuple[int, ...], ...] = (
    tuple(range(17, 22)),  # brows
    tuple(range(22, 27)),
    tuple(range(27, 31)),  # nose
    tuple(range(31, 36)),
    (*range(36, 42), 36),  # eyes
    (*range(42, 48), 42),
    (*range(48, 60), 48),  # mouth
)
"""The lines of a face that a skeleton has, as indices among OpenPose's 70 points of the face.

Its outline (0 to 16), its inner lips (60 to 67) and its pupils (68, 69) are not drawn.

>>> FACE_LINES[0], FACE_LINES[2]  # a brow, the bridge of the nose
((17, 18, 19, 20, 21), (27, 28, 29, 30))
"""

_HEAD = {0, 15, 16, 17, 18}

POSE_STROKES: tuple[Stroke, ...] = (
    *(Stroke("head" if {a, b} <= _HEAD else "body", (a, b), c) for a, b, c in BODY_LIMBS),
    *(
        Stroke("hands", tuple(hand.start + point for point in points), color)
        for hand in (LEFT_HAND, RIGHT_HAND)
        for points, color in FINGERS
    ),
    *(
        Stroke("face", tuple(FACE.start + point for point in points), (255, 255, 255))
        for points in FACE_LINES
    ),
)
"""Every `Stroke` of a skeleton in the order of drawing.

First come the limbs, then the fingers of the left and of the right hand, then the face.

>>> len(POSE_STROKES), POSE_STROKES[-1].part
(41, 'face')
"""

_SIDES = ((2, 5), (3, 6), (4, 7), (9, 12), (10, 13), (11, 14), (15, 16), (17, 18))
_FEET = ((19, 22), (20, 23), (21, 24))
_BODY_FLIP = {a: b for pair in (*_SIDES, *_FEET) for a, b in (pair, pair[::-1])}

KEYPOINT_FLIP: tuple[int, ...] = (
    *(_BODY_FLIP.get(point, point) for point in range(BODY.start, BODY.stop)),
    *(FACE.start + point for point in (*LANDMARK_FLIP, 69, 68)),
    *range(RIGHT_HAND.start, RIGHT_HAND.stop),
    *range(LEFT_HAND.start, LEFT_HAND.stop),
)
"""Which of the 137 keypoints is each one's mirror image; left and right change places.

It is the ``permutation`` of `vidgan.data.RandomHorizontalFlip` for a `vidgan.data.KeypointStream`.

>>> KEYPOINT_FLIP[2], KEYPOINT_FLIP[0]  # the right shoulder and the left one; the nose
(5, 0)
"""
