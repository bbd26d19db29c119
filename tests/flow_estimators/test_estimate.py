"""Gray images as OpenCV makes them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.assertions import rand
from vidgan.flow_estimators._estimate import gray_images


def test_ends_of_the_scale() -> None:
    frames = torch.tensor([-1.0, 0.0, 1.0, 3.0, -2.0])[:, None, None, None].expand(5, 3, 2, 3)

    gray = gray_images(frames)

    assert gray.dtype == np.uint8
    assert gray.shape == (5, 2, 3)
    assert gray[:, 0, 0].tolist() == [0, 128, 255, 255, 0]


def test_is_opencvs_gray() -> None:
    cv2 = pytest.importorskip("cv2", reason="needs vidgan[flow]")
    bytes_rgb = ((rand(1, 3, 20, 30) + 1) * 127.5).round()  # whole numbers in [0, 255]
    image = bytes_rgb[0].permute(1, 2, 0).to(torch.uint8).numpy()

    gray = gray_images(bytes_rgb / 127.5 - 1)[0]

    # OpenCV rounds in fixed point.
    assert np.abs(gray.astype(int) - cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)).max() <= 1
