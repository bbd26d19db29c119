from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import interpolate

from vidgan.data._resample import resize_bilinear, resize_nearest

sides = st.integers(2, 17)


@given(height=sides, width=sides, more_rows=st.integers(0, 9), more_columns=st.integers(0, 9))
def test_enlarging_equals_interpolate(height, width, more_rows, more_columns):
    images = torch.rand(2, 3, height, width, dtype=torch.float64)
    size = (height + more_rows, width + more_columns)

    expected = interpolate(images, size, mode="bilinear", align_corners=True)

    torch.testing.assert_close(resize_bilinear(images, size), expected)


@given(old=st.tuples(sides, sides), new=st.tuples(sides, sides))
def test_constants_stay_and_values_stay_in_range(old, new):
    images = torch.rand(2, 3, *old, dtype=torch.float64)

    resized = resize_bilinear(images, new)

    assert resized.shape == (2, 3, *new)
    assert resized.min() >= images.min() - 1e-9
    assert resized.max() <= images.max() + 1e-9
    ones = resize_bilinear(torch.ones(1, 1, *old), new)
    torch.testing.assert_close(ones, torch.ones(1, 1, *new))


@pytest.mark.parametrize(
    ("old", "new"), [(64, 33), (64, 30), (48, 41), (100, 25), (65, 17), (33, 64)]
)
def test_pixels_stay_where_they_are(old, new):
    """A ramp resized is the ramp at the new pixels' places, away from the borders."""
    ramp = torch.arange(old, dtype=torch.float64).expand(1, 4, old)
    places = torch.linspace(0, old - 1, new, dtype=torch.float64)
    border = -(-old // new)

    across = resize_bilinear(ramp, (4, new))[0, 0]
    down = resize_bilinear(ramp.transpose(1, 2), (new, 4))[0, :, 0]

    inside = slice(border, new - border)
    torch.testing.assert_close(across[inside], places[inside], atol=1e-9, rtol=0)
    torch.testing.assert_close(down[inside], places[inside], atol=1e-9, rtol=0)
    # The border cuts the filter, so that its mean place lies further inside, by part of a pixel.
    assert (across - places).abs().max() < 0.18 * (old - 1) / (new - 1)


def test_shrinking_takes_the_finest_stripes_away():
    stripes = (torch.arange(64) % 2).float().expand(1, 8, 64)

    assert (resize_bilinear(stripes, (8, 16))[..., 1:-1] - 0.5).abs().max() < 0.1


def test_nearest_takes_the_nearest_pixel():
    labels = torch.tensor([[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11, 12, 13, 14]])

    assert resize_nearest(labels, (2, 3)).tolist() == [[0, 2, 4], [10, 12, 14]]
    assert resize_nearest(labels, (3, 9))[0].tolist() == [0, 0, 1, 2, 2, 2, 3, 4, 4]
    assert resize_nearest(labels, (3, 5)).dtype == torch.int64
