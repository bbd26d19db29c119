import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidgan.conditions._drawing import Scratch, brush, distance_thirds, fill_polygon

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


def fill(corners, size=(6, 8)):
    canvas = np.zeros(size, dtype=np.uint8)
    fill_polygon(canvas, np.array(corners), 7)
    return canvas


def test_rectangle_holds_its_outline():
    canvas = fill([(1, 2), (5, 2), (5, 4), (1, 4)])
    expected = np.zeros((6, 8))
    expected[2:5, 1:6] = 7
    assert (canvas == expected).all()


def test_triangle():
    canvas = fill([(0, 0), (4, 0), (0, 4)])
    expected = [[7 * (x + y <= 4) for x in range(8)] for y in range(6)]
    assert canvas.tolist() == expected


@pytest.mark.parametrize("shift", [(-3, 0), (5, 0), (0, -2), (0, 4), (20, 0), (0, -20)])
def test_polygon_beyond_the_border_is_cut_off(shift):
    corners = np.array([(1, 1), (6, 2), (4, 5)])
    room = np.zeros((46, 48), dtype=np.uint8)
    fill_polygon(room, corners + 20, 7)
    x, y = 20 - shift[0], 20 - shift[1]
    window = np.pad(room, 20)[y + 20 : y + 26, x + 20 : x + 28]
    assert (fill(corners + shift) == window).all()


@given(corners=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5)), min_size=1, max_size=5))
def test_any_polygon_holds_its_corners_and_stays_in_its_box(corners):
    canvas = fill(corners)
    x, y = np.array(corners).T
    assert (canvas[y, x] == 7).all()
    canvas[y.min() : y.max() + 1, x.min() : x.max() + 1] = 0
    assert not canvas.any()
