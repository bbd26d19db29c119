import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vidgan.conditions._drawing import Scratch, brush, distance_thirds

POINTS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 8)), min_size=1, max_size=6)


def measure(points, size):
    out = np.empty(size, dtype=np.uint8)
    distance_thirds(np.array(points, dtype=np.int64).reshape(-1, 2).T, out, Scratch(size))
    return out


@given(points=POINTS, size=st.sampled_from([(9, 13), (9, 757), (9, 900), (757, 13), (800, 13)]))
def test_distance_by_its_definition(points, size):
    x, y = np.array(points).T
    rows, columns = np.mgrid[: size[0], : size[1]]
    slow = (np.abs(rows[..., None] - y) + np.abs(columns[..., None] - x)).min(axis=-1)
    assert (measure(points, size) == np.minimum(slow // 3, 255)).all()


def test_distance_to_nothing():
    assert (measure([], (2, 3)) == 255).all()


def test_distance_in_an_image_wider_than_any_number_in_use():
    assert measure([(0, 0)], (2, 20000))[1, [0, 1, 2, 763, 764, 5000, 19999]].tolist() == [
        0,
        0,
        1,
        254,
        255,
        255,
        255,
    ]


def test_brush_draws_up_and_left_and_keeps_inside():
    strokes = brush(np.array([[3, 0], [2, 0]]), np.array([1, 2]), (4, 5))
    assert strokes[0].T.tolist() == [[2, 1], [3, 1], [2, 2], [3, 2]]
    assert strokes[1].T.tolist() == [[0, 0]]  # the rest is beyond the corner


def test_brush_of_a_stroke_wholly_outside():
    strokes = brush(np.array([[9, 2], [1, 2]]), np.array([1, 2]), (4, 5))
    assert [stroke.shape[1] for stroke in strokes] == [0, 4]
