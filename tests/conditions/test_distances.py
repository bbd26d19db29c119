import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidgan.conditions._distances import Scratch, distance_thirds

SIZES = [(9, 13), (9, 757), (9, 900), (757, 13), (800, 13), (49, 31), (25, 2), (1, 1), (1500, 3)]


def measure(strokes, size, scratch=None):
    points = np.array([point for stroke in strokes for point in stroke], dtype=np.int64)
    out = np.full((len(strokes), *size), 7, dtype=np.uint8)
    ends = np.cumsum([len(stroke) for stroke in strokes])
    distance_thirds(points.reshape(-1, 2).T, ends, out, scratch or Scratch(size))
    return out


def slow_thirds(stroke, size):
    """By the definition, from the pixels of each point: 2 x 2, up and left of it."""
    pixels = [
        (x - right, y - down)
        for x, y in stroke
        for right in (0, 1)
        for down in (0, 1)
        if 0 <= x - right < size[1] and 0 <= y - down < size[0]
    ]
    x, y = np.array(pixels).T
    rows, columns = np.mgrid[: size[0], : size[1]]
    away = (np.abs(rows[..., None] - y) + np.abs(columns[..., None] - x)).min(axis=-1)
    return np.minimum(away // 3, 255)


@settings(deadline=None)
@given(data=st.data(), size=st.sampled_from(SIZES))
def test_distances_by_their_definition(data, size):
    point = st.tuples(st.integers(0, size[1]), st.integers(0, size[0]))
    strokes = data.draw(st.lists(st.lists(point, max_size=6), min_size=1, max_size=4))

    maps = measure(strokes, size)

    for stroke, drawn in zip(strokes, maps, strict=True):
        assert (drawn == (slow_thirds(stroke, size) if stroke else 255)).all()


def test_memory_may_be_used_again():
    size, scratch = (40, 60), Scratch((40, 60))
    strokes = [[(3, 4), (50, 30)], [(20, 20), (22, 27)], [(60, 40)]]
    for some in (strokes, strokes[1:], strokes):
        assert (measure(some, size, scratch) == measure(some, size)).all()


def test_distance_to_nothing():
    assert (measure([[], []], (2, 3)) == 255).all()


@pytest.mark.parametrize("turned", [False, True])
def test_distance_in_an_image_longer_than_any_number_in_use(turned):
    size = (20000, 2) if turned else (2, 20000)
    maps = measure([[(1, 1)]], size)[0]
    line = maps[:, 0] if turned else maps[0]
    assert line[[0, 1, 2, 3, 4, 764, 765, 766, 5000, 19999]].tolist() == [
        *(0, 0, 0, 0, 1),
        *(254, 254, 255, 255, 255),
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_distances_within_a_box_longer_than_any_number_in_use(turned):
    ends = [(1, 1), (1, 20000)] if turned else [(1, 1), (20000, 1)]
    maps = measure([ends], (20000, 2) if turned else (2, 20000))[0]
    line = maps[:, 0] if turned else maps[0]
    assert line[[1, 4, 765, 766, 5000, 10000, 19234, 19235, 19998]].tolist() == [
        *(0, 1, 254, 255, 255, 255),
        *(255, 254, 0),
    ]
