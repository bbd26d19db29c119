import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vidgan.conditions._drawing import draw_points, visible

POINTS = st.lists(st.tuples(st.integers(-2, 15), st.integers(-2, 11)), max_size=6)


def array(points):
    return np.array(points, dtype=np.int64).reshape(-1, 2).T


@given(points=POINTS)
def test_points_are_drawn_up_and_left_and_cut_off(points):
    out = np.full((9, 13), 7, dtype=np.uint8)
    left, ends = visible(array(points), np.array([len(points)]), out.shape)
    assert ends.tolist() == [left.shape[1]]

    draw_points(left, out)

    slow = np.zeros_like(out)
    for x, y in points:
        for row, column in ((y - 1, x - 1), (y - 1, x), (y, x - 1), (y, x)):
            if 0 <= row < 9 and 0 <= column < 13:
                slow[row, column] = 255
    assert (out == slow).all()


def test_points_of_a_stroke_wholly_outside():
    points, ends = visible(array([(9, 1), (2, 2), (-1, 0)]), np.array([1, 2, 3]), (4, 5))
    assert points.T.tolist() == [[2, 2]]
    assert ends.tolist() == [0, 1, 1]


def test_a_point_one_beyond_the_image_is_drawn_in_its_last_row_and_column():
    points, _ = visible(array([(5, 4)]), np.array([1]), (4, 5))
    out = np.empty((4, 5), dtype=np.uint8)
    draw_points(points, out)
    assert np.argwhere(out).tolist() == [[3, 4]]
