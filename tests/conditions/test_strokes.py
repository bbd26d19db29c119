import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import label

from vidgan.conditions._strokes import Pen, draw_stroke, stroke_pixels

COLOR = np.array([150.0, 100.0, 50.0])


def drawn(start, end, pen, size=(40, 50), below=0):
    canvas = np.full((*size, 3), below, dtype=np.uint8)
    draw_stroke(canvas, stroke_pixels(np.array(start), np.array(end)), COLOR, pen)
    return canvas


def test_pixels_of_a_stroke_by_hand():
    assert stroke_pixels(np.array([2.0, 1.0]), np.array([6.0, 3.0])).T.tolist() == [
        [2, 1], [3, 1], [4, 2], [5, 2], [6, 3],
    ]  # fmt: skip
    assert stroke_pixels(np.array([2.9, 1.9]), np.array([2.9, 1.9])).tolist() == [[2], [1]]


def test_stroke_on_black_has_its_color_in_full():
    canvas = drawn((10.0, 20.0), (30.0, 20.0), Pen(6, 0, 6))
    rows, columns = canvas.any(2).nonzero()
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (17, 22, 7, 32)
    assert np.unique(canvas[17:23, 7:33].reshape(-1, 3), axis=0).tolist() == [[150, 100, 50]]


def test_round_end_is_a_disc():
    canvas = drawn((20.0, 20.0), (20.0, 20.0), Pen(1, 6, 6)).any(2)
    y, x = np.mgrid[:40, :50]
    assert np.array_equal(canvas, (x - 20) ** 2 + (y - 20) ** 2 < 36)


@pytest.mark.parametrize("width", [1, 2, 3, 6])
def test_stroke_over_another_mixes_by_half_for_each_pass(width):
    passes = 6
    middle = drawn((10.0, 20.0), (40.0, 20.0), Pen(width, 0, passes), below=200)[20, 25]
    # Each row or column of the brush passes the middle of a stroke once: width touches.
    expected = np.floor(COLOR + (200 - COLOR) * 0.5**passes)
    assert middle.tolist() == expected.tolist()


def test_one_touch_halves_the_difference():
    canvas = drawn((20.0, 20.0), (20.0, 20.0), Pen(1, 0, 1), below=50)
    assert canvas[20, 20].tolist() == [100, 75, 50]


@given(
    ends=st.tuples(*[st.floats(-60, 110)] * 4),
    width=st.integers(1, 7),
    radius=st.integers(0, 6),
)
def test_what_lies_outside_is_cut_off(ends, width, radius):
    small = drawn(ends[:2], ends[2:], Pen(width, radius, 6))
    start, end = np.array(ends[:2]) + 80, np.array(ends[2:]) + 80
    large = drawn(start, end, Pen(width, radius, 6), size=(240, 260))
    assert np.array_equal(small, large[80:120, 80:130])
    assert label(large.any(2), np.ones((3, 3)))[1] == 1
