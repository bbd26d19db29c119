import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidgan.conditions._polygons import polygon_ids

CORNERS = st.lists(st.tuples(st.integers(-9, 25), st.integers(-9, 25)), min_size=1, max_size=7)


def fill(corners, size=(6, 8), value=7):
    canvas = np.full(size, 99, dtype=np.int64)
    polygon_ids(canvas, [np.array(corners)], [value])
    return canvas


def is_inside(x, y, corners):
    """The even-odd rule: crossings of edges at or left of a pixel in its row."""
    crossings = 0
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y0 <= y) != (y1 <= y):
            crossings += math.ceil(x0 + (y - y0) / (y1 - y0) * (x1 - x0)) <= x
    return crossings % 2 == 1


def outline(corners):
    """Pixels of all edges, each sampled as often as the longest has pixels."""
    edges = [*zip(corners, [*corners[1:], corners[0]], strict=True)]
    count = 1 + max(max(abs(x1 - x0), abs(y1 - y0)) for (x0, y0), (x1, y1) in edges)
    return {
        (math.floor(x0 + (x1 - x0) * share + 0.5), math.floor(y0 + (y1 - y0) * share + 0.5))
        for (x0, y0), (x1, y1) in edges
        for share in np.linspace(0, 1, count).tolist()
    }


@given(polygons=st.lists(CORNERS, min_size=1, max_size=8))
def test_polygons_pixel_by_pixel(polygons):
    """One after the other, pixel by pixel, the outline and what is inside."""
    size, expected = (17, 14), np.zeros((17, 14), dtype=np.int64)
    values = [*range(1, len(polygons) + 1)]
    for corners, value in zip(polygons, values, strict=True):
        edge = outline(corners)
        for y, x in np.ndindex(size):
            if (x, y) in edge or is_inside(x, y, corners):
                expected[y, x] = value
    canvas = np.full(size, 99, dtype=np.int64)
    polygon_ids(canvas, [np.array(corners) for corners in polygons], values)
    assert (canvas == expected).all()


@pytest.mark.parametrize("width", [6, 7, 8, 9, 15, 16, 17, 64, 65, 200])
def test_rectangles_of_any_width(width):
    canvas = fill([(1, 2), (width, 2), (width, 4), (1, 4)], (6, width + 3))
    expected = np.zeros((6, width + 3))
    expected[2:5, 1 : width + 1] = 7
    assert (canvas == expected).all()


def test_triangle():
    canvas = fill([(0, 0), (4, 0), (0, 4)])
    expected = [[7 * (x + y <= 4) for x in range(8)] for y in range(6)]
    assert canvas.tolist() == expected


@pytest.mark.parametrize("shift", [(-3, 0), (5, 0), (0, -2), (0, 4), (20, 0), (0, -20)])
def test_polygon_beyond_the_border_is_cut_off(shift):
    corners = np.array([(1, 1), (6, 2), (4, 5)])
    room = np.pad(fill(corners + 20, (46, 48)), 20)
    x, y = 20 - shift[0], 20 - shift[1]
    assert (fill(corners + shift) == room[y + 20 : y + 26, x + 20 : x + 28]).all()


@given(corners=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5)), min_size=1, max_size=5))
def test_any_polygon_holds_its_corners_and_stays_in_its_box(corners):
    canvas = fill(corners)
    x, y = np.array(corners).T
    assert (canvas[y, x] == 7).all()
    canvas[y.min() : y.max() + 1, x.min() : x.max() + 1] = 0
    assert not canvas.any()
