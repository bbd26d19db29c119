"""Cutting boxes out of images."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.assertions import assert_gradients, rand
from vidgan.functional import crop_regions


@given(x=st.integers(0, 5), y=st.integers(0, 3), w=st.integers(1, 4), h=st.integers(1, 3))
def test_whole_boxes_are_slices(x: int, y: int, w: int, h: int) -> None:
    images = rand(2, 3, 6, 9)
    box = torch.tensor([x, y, x + w - 1, y + h - 1.0]).expand(2, 4)

    crops = crop_regions(images, box, (h, w))

    torch.testing.assert_close(crops, images[:, :, y : y + h, x : x + w], rtol=0, atol=1e-5)


def test_the_whole_image_is_itself() -> None:
    images = rand(2, 3, 6, 9)
    torch.testing.assert_close(
        crop_regions(images, torch.tensor([[0.0, 0.0, 8.0, 5.0]]).expand(2, 4), (6, 9)), images
    )


def test_images_without_a_box_give_no_crop() -> None:
    images = rand(3, 1, 6, 9)
    boxes = torch.tensor([[torch.nan, 0, 1, 1], [0, 0, 8, 5], [0, 0, torch.inf, 1]])
    crops = crop_regions(images, boxes, (6, 9))
    torch.testing.assert_close(crops, images[1:2])
    assert crop_regions(images, boxes * torch.nan, (2, 3)).shape == (0, 1, 2, 3)


def test_outside_is_the_border() -> None:
    image = rand(1, 1, 6, 9)
    crop = crop_regions(image, torch.tensor([[-4.0, -4.0, -1.0, -1.0]]), (2, 2))
    torch.testing.assert_close(crop, image[..., :1, :1].expand(1, 1, 2, 2))


def test_dtype_stays() -> None:
    for dtype in (torch.bfloat16, torch.float64):
        crops = crop_regions(rand(1, 1, 6, 9).to(dtype), torch.zeros(1, 4), (2, 2))
        assert crops.dtype == dtype


def test_gradients() -> None:
    boxes = torch.tensor([[0.3, 1.2, 4.1, 3.7]], dtype=torch.float64)
    assert_gradients(
        lambda images: crop_regions(images, boxes, (2, 3)), rand(1, 2, 5, 6, dtype=torch.float64)
    )


@pytest.mark.parametrize(
    ("boxes", "size", "error", "rule"),
    [
        (torch.zeros(1, 4), (2, 2), ValueError, r"boxes must have shape \(2, 4\) as in images"),
        (torch.zeros(2, 5), (2, 2), ValueError, r"boxes must have shape \(2, 4\) as in images"),
        (torch.zeros(2, 4).int(), (2, 2), TypeError, "boxes must be a floating-point tensor"),
        (torch.zeros(2, 4), (0, 2), ValueError, r"size must be \(h, w\), each at least 1"),
    ],
)
def test_bad_arguments_raise(boxes, size, error, rule: str) -> None:
    with pytest.raises(error, match=f"crop_regions: {rule}"):
        crop_regions(torch.zeros(2, 1, 6, 9), boxes, size)
