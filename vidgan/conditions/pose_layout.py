"""The 137 keypoints of a person (OpenPose order), and which of them each stroke joins."""

from __future__ import annotations

from typing import NamedTuple

#: 25 of the body (BODY_25), 70 of the face, 21 of the left hand, 21 of the right hand.
NUM_KEYPOINTS = 137
BODY = slice(0, 25)
FACE = slice(25, 95)
LEFT_HAND = slice(95, 116)
RIGHT_HAND = slice(116, 137)

Colour = tuple[int, int, int]


class Stroke(NamedTuple):
    """A line through some keypoints, drawn whole or not at all.

    Attributes:
        part: "head" (limbs from the nose to the ears), "body", "hands" or "face".
        points: indices among the 137 keypoints.
        colour: R, G, B of 0 to 255.
    """

    part: str
    points: tuple[int, ...]
    colour: Colour


#: The limbs of BODY_25 with their colours, in the order of drawing.
BODY_LIMBS: tuple[tuple[int, int, Colour], ...] = (
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

#: The fingers, thumb first, among the 21 points of a hand; point 0 is the wrist.
FINGERS: tuple[tuple[tuple[int, ...], Colour], ...] = (
    ((0, 1, 2, 3, 4), (204, 0, 0)),
    ((0, 5, 6, 7, 8), (163, 204, 0)),
    ((0, 9, 10, 11, 12), (0, 204, 82)),
    ((0, 13, 14, 15, 16), (0, 82, 204)),
    ((0, 17, 18, 19, 20), (163, 0, 204)),
)

#: The lines among the 70 points of a face; its outline (0-16) and pupils (68, 69) are not drawn.
FACE_LINES: tuple[tuple[int, ...], ...] = (
    tuple(range(17, 22)),  # brows
    tuple(range(22, 27)),
    tuple(range(27, 31)),  # nose
    tuple(range(31, 36)),
    (*range(36, 42), 36),  # eyes
    (*range(42, 48), 42),
    (*range(48, 60), 48),  # mouth
)

_HEAD = {0, 15, 16, 17, 18}

#: All strokes in the order of drawing: limbs, fingers of the left and of the right hand, face.
POSE_STROKES: tuple[Stroke, ...] = (
    *(Stroke("head" if {a, b} <= _HEAD else "body", (a, b), c) for a, b, c in BODY_LIMBS),
    *(
        Stroke("hands", tuple(hand.start + point for point in points), colour)
        for hand in (LEFT_HAND, RIGHT_HAND)
        for points, colour in FINGERS
    ),
    *(
        Stroke("face", tuple(FACE.start + point for point in points), (255, 255, 255))
        for points in FACE_LINES
    ),
)
