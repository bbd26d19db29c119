from vidgan.conditions import (
    BODY_LIMBS,
    FACE_LINES,
    FINGERS,
    KEYPOINT_FLIP,
    NUM_KEYPOINTS,
    POSE_STROKES,
)
from vidgan.conditions.pose_layout import BODY, FACE, LEFT_HAND, RIGHT_HAND


def test_groups_make_up_all_keypoints():
    counts = [group.stop - group.start for group in (BODY, FACE, LEFT_HAND, RIGHT_HAND)]
    assert counts == [25, 70, 21, 21]
    assert BODY.start == 0
    assert (BODY.stop, FACE.stop, LEFT_HAND.stop) == (FACE.start, LEFT_HAND.start, RIGHT_HAND.start)
    assert RIGHT_HAND.stop == NUM_KEYPOINTS == 137


def test_limbs_are_a_tree_over_all_body_points():
    joined = {15}
    for _ in BODY_LIMBS:
        joined |= {p for a, b, _ in BODY_LIMBS if {a, b} & joined for p in (a, b)}
    assert joined == set(range(25))
    assert len(BODY_LIMBS) == 24


def test_every_finger_starts_at_the_wrist_and_has_its_color():
    assert [points[0] for points, _ in FINGERS] == [0] * 5
    assert {p for points, _ in FINGERS for p in points} == set(range(21))
    assert len({color for _, color in FINGERS}) == 5


def test_face_lines_are_brows_nose_eyes_and_mouth():
    drawn = {p for line in FACE_LINES for p in line}
    assert drawn == set(range(17, 60))
    assert [line[0] == line[-1] for line in FACE_LINES] == [False] * 4 + [True] * 3


def test_strokes_are_drawn_limbs_first_and_the_face_last():
    parts = [stroke.part for stroke in POSE_STROKES]
    assert parts == ["head"] * 4 + ["body"] * 20 + ["hands"] * 10 + ["face"] * 7
    assert [POSE_STROKES[i].points[0] for i in (24, 29)] == [LEFT_HAND.start, RIGHT_HAND.start]
    assert all(p in range(25, 95) for stroke in POSE_STROKES[-7:] for p in stroke.points)
    assert POSE_STROKES[5] == ("body", (1, 8), (153, 0, 0))


def test_flip_exchanges_the_sides():
    assert [KEYPOINT_FLIP[point] for point in KEYPOINT_FLIP] == list(range(NUM_KEYPOINTS))
    limbs = {frozenset(stroke.points) for stroke in POSE_STROKES}
    assert {frozenset(KEYPOINT_FLIP[p] for p in limb) for limb in limbs} == limbs
