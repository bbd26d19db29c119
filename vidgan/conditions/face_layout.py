"""The 68 face landmarks (iBUG 300-W / dlib order) and which of them each edge and part joins."""

from __future__ import annotations

NUM_LANDMARKS = 68
"""How many landmarks a face has, in the order of iBUG 300-W, which dlib uses too.

>>> NUM_LANDMARKS
68
"""

#: Points 68 to 82 are these outline points reflected upwards; they close the forehead.
MIRRORED_POINTS: tuple[int, ...] = tuple(range(15, 0, -1))

FACE_EDGE_LISTS: tuple[tuple[int, ...], ...] = (
    (*range(17), *range(68, 83), 0),  # outline with forehead
    tuple(range(17, 22)),  # brows
    tuple(range(22, 27)),
    (28, 31),  # nose
    tuple(range(31, 36)),
    (35, 28),
    tuple(range(36, 40)),  # right eye, upper and lower lid
    (39, 40, 41, 36),
    tuple(range(42, 46)),  # left eye
    (45, 46, 47, 42),
    tuple(range(48, 55)),  # mouth
    (*range(54, 60), 48),
    tuple(range(60, 65)),  # inner mouth
    (*range(64, 68), 60),
)
"""The 14 lines of a face as indices of landmarks, in the order of the distance maps.

From 68 on they are the points that close the forehead, which are the outline turned upwards.

>>> len(FACE_EDGE_LISTS), FACE_EDGE_LISTS[1]  # a brow
(14, (17, 18, 19, 20, 21))
"""

FACE_PARTS: tuple[tuple[int, tuple[int, ...]], ...] = (
    (1, (*range(17), *range(68, 83))),
    (2, tuple(range(17, 22))),
    (2, tuple(range(22, 27))),
    (3, (28, *range(31, 36))),
    (4, tuple(range(36, 42))),
    (4, tuple(range(42, 48))),
    (5, tuple(range(48, 60))),
    (6, tuple(range(60, 68))),
)
"""The filled parts of a face as (part id, corner points); a later one covers an earlier one.

Ids are 1 face, 2 brows, 3 nose, 4 eyes, 5 mouth, 6 inside of the mouth; points are those of
`FACE_EDGE_LISTS`.

>>> FACE_PARTS[3]
(3, (28, 31, 32, 33, 34, 35))
"""

LANDMARK_FLIP: tuple[int, ...] = (
    *range(16, -1, -1),  # outline
    *range(26, 16, -1),  # brows
    *range(27, 31),  # nose
    *range(35, 30, -1),
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),  # eyes
    *range(54, 47, -1),  # mouth
    *range(59, 54, -1),
    *range(64, 59, -1),  # inner mouth
    *range(67, 64, -1),
)
"""Which of the 68 landmarks is each one's mirror image; left and right change places.

It is the ``permutation`` of `vidgan.data.RandomHorizontalFlip` for a stream of landmarks.

>>> LANDMARK_FLIP[36], LANDMARK_FLIP[30]  # the outer corners of the eyes; the tip of the nose
(45, 30)
"""


def curve_triples(edge_list: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Split an edge list into curves through three points; a lone pair repeats its last point.

    Example:
        >>> curve_triples((36, 37, 38, 39))
        [(36, 37, 38), (38, 39, 39)]
    """
    triples = []
    for start in range(0, len(edge_list) - 1, 2):
        points = edge_list[start : start + 3]
        triples.append((points[0], points[1], points[-1]))
    return triples
