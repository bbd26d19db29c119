"""Frames as pictures of a page, and back."""

from __future__ import annotations

import numpy as np
import torch

from examples.live.pictures import condition_picture, frame_picture, layers_of, picture_tensor


def test_a_frame_keeps_its_values():
    frame = torch.tensor([-1.0, 0.0, 1.0])[:, None, None].expand(3, 8, 16)
    pixels = frame_picture(frame)
    assert pixels.shape == (256, 512, 3)
    assert pixels.dtype == np.uint8
    assert np.unique(pixels.reshape(-1, 3), axis=0).tolist() == [[0, 128, 255]]


def test_a_large_frame_keeps_its_size():
    assert frame_picture(torch.zeros(3, 600, 800)).shape == (600, 800, 3)


def test_conditions_keep_sharp_pixels():
    condition = torch.tensor([[[0.0, 1.0]]]).expand(3, 1, 2)
    pixels = condition_picture(condition)
    assert pixels[:, 255].max() == 0
    assert pixels[:, 256].min() == 255


def test_layers():
    assert layers_of(None) is None
    assert layers_of({"layers": [], "background": None}) is None
    layers = layers_of({"layers": [np.full((2, 3, 4), 7, np.uint8)]})
    assert layers.shape == (1, 4, 2, 3)


def test_a_picture_of_a_camera():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)  # with alpha
    assert torch.equal(picture_tensor(pixels)[:, 1, 2], torch.tensor([20, 21, 22]).byte())
