from vidgan.conditions import FACE_EDGE_LISTS, FACE_PARTS, LANDMARK_FLIP, NUM_LANDMARKS
from vidgan.conditions.face_layout import MIRRORED_POINTS, curve_triples


def test_edge_lists_are_those_of_the_method():
    assert [len(edges) for edges in FACE_EDGE_LISTS] == [33, 5, 5, 2, 5, 2, 4, 4, 4, 4, 7, 7, 5, 5]
    assert FACE_EDGE_LISTS[0][0] == FACE_EDGE_LISTS[0][-1] == 0
    assert len(MIRRORED_POINTS) == 82 - 68 + 1


def test_outlines_of_eyes_and_mouths_close():
    for upper, lower in ((6, 7), (8, 9), (10, 11), (12, 13)):
        assert FACE_EDGE_LISTS[upper][-1] == FACE_EDGE_LISTS[lower][0]
        assert FACE_EDGE_LISTS[lower][-1] == FACE_EDGE_LISTS[upper][0]


def test_every_landmark_below_the_brows_is_in_a_part():
    corners = {index for _, indices in FACE_PARTS for index in indices}
    assert corners == set(range(83)) - {27, 29, 30}


def test_curves_overlap_at_their_ends():
    assert curve_triples((1, 2, 3, 4, 5)) == [(1, 2, 3), (3, 4, 5)]
    assert curve_triples((1, 2, 3, 4)) == [(1, 2, 3), (3, 4, 4)]
    assert curve_triples((28, 31)) == [(28, 31, 31)]


def test_flip_exchanges_the_sides():
    assert [LANDMARK_FLIP[point] for point in LANDMARK_FLIP] == list(range(NUM_LANDMARKS))
    parts = {(id_, frozenset(p for p in points if p < 68)) for id_, points in FACE_PARTS}
    flipped = {(id_, frozenset(LANDMARK_FLIP[p] for p in points)) for id_, points in parts}
    # The part of the nose takes its bridge from the right only, so that it is left out.
    assert {p for p in flipped if p[0] != 3} == {p for p in parts if p[0] != 3}
