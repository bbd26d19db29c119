import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import label

from vidgan.conditions._strokes import Pen, Strokes, draw_strokes, stroke_pixels

COLOR = np.array([150.0, 100.0, 50.0])
PENS = [Pen(3, 3, 6), Pen(1, 2, 2), Pen(2, 0, 2)]
STROKES = st.lists(
    st.tuples(*[st.floats(-9, 25)] * 4, st.integers(0, 2), st.integers(0, 255)), max_size=4
)


def drawn(start, end, pen, size=(40, 50), below=0):
    canvas = np.full((*size, 3), below, dtype=np.uint8)
    draw_strokes(canvas, one(start, end), [pen])
    return canvas


def one(start, end, color=COLOR, pen=0):
    return Strokes(np.array([start]), np.array([end]), np.array([color]), np.array([pen]))


def straight(start, end):
    """The pixels of one stroke, sampled by `linspace`."""
    count = int(np.abs(np.floor(end + 1e-6) - np.floor(start + 1e-6)).max()) + 1
    samples = start + (end - start) * np.linspace(0, 1, count)[:, None]
    return np.floor(samples + 1e-6).astype(int)


def draw_by_touch(canvas, start, end, color, pen):
    """One stroke, touch by touch and pixel by pixel."""
    touches, pixels = {}, straight(start, end)
    touched = [pixel + offset for pixel in pixels for offset in pen.brush.T]
    touched += [pixel + offset for pixel in pixels[[0, -1]] for offset in pen.end.T]
    for x, y in touched:
        if 0 <= x < canvas.shape[1] and 0 <= y < canvas.shape[0]:
            touches[y, x] = touches.get((y, x), 0) + 1
    meets = any(canvas[place].any() for place in touches)
    for place, number in touches.items():
        remains = pen.remains[min(number, len(pen.remains) - 1)] if meets else 0
        canvas[place] = color + (canvas[place] - color) * remains


@given(strokes=STROKES)
def test_strokes_touch_by_touch(strokes):
    """Strokes of several pens, inside and outside, in their order."""
    expected = np.zeros((17, 14, 3), dtype=np.uint8)
    starts, ends = (
        np.array([stroke[i : i + 2] for stroke in strokes]).reshape(-1, 2) for i in (0, 2)
    )
    colors = np.array([[stroke[5], 90.0, 30.0] for stroke in strokes]).reshape(-1, 3)
    pens = np.array([stroke[4] for stroke in strokes], dtype=np.int64)
    for start, end, color, pen in zip(starts, ends, colors, pens, strict=True):
        draw_by_touch(expected, start, end, color, PENS[pen])
    canvas = np.zeros_like(expected)
    draw_strokes(canvas, Strokes(starts, ends, colors, pens), PENS)
    assert np.array_equal(canvas, expected)


@given(strokes=STROKES)
def test_pixels_are_those_of_linspace(strokes):
    starts, ends = (
        np.array([stroke[i : i + 2] for stroke in strokes]).reshape(-1, 2) for i in (0, 2)
    )
    pixels, counts = stroke_pixels(starts, ends)
    one_by_one = [straight(start, end) for start, end in zip(starts, ends, strict=True)]
    assert counts.tolist() == [len(each) for each in one_by_one]
    assert pixels.T.tolist() == [pixel for each in one_by_one for pixel in each.tolist()]


def test_pixels_of_strokes_by_hand():
    starts, ends = np.array([[2.0, 1.0], [2.9, 1.9]]), np.array([[6.0, 3.0], [2.9, 1.9]])
    pixels, counts = stroke_pixels(starts, ends)
    assert pixels.T.tolist() == [[2, 1], [3, 1], [4, 2], [5, 2], [6, 3], [2, 1]]
    assert counts.tolist() == [5, 1]


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
