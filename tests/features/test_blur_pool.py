"""Blur pooling against the equation, written as loops."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.assertions import assert_compiles, assert_gradients, rand
from vidgan.features import BlurPool, ConvBlurPool

SIZES = [(3, 4), (4, 3), (6, 9), (9, 6), (7, 11), (8, 10)]


def blur_pool_loop(images: Tensor) -> Tensor:
    """y[i, j] = sum_kl b_k b_l x[2i + k - 2, 2j + l - 2], reflected at the ends."""
    height, width = images.shape[-2:]
    taps = (0.25, 0.5, 0.25)

    def inside(index: int, size: int) -> int:
        index = abs(index)
        return index if index < size else 2 * (size - 1) - index

    output = images.new_zeros(*images.shape[:2], (height + 1) // 2 + 1, (width + 1) // 2 + 1)
    for i in range(output.shape[2]):
        for j in range(output.shape[3]):
            for k in range(3):
                for m in range(3):
                    y, x = inside(2 * i + k - 2, height), inside(2 * j + m - 2, width)
                    output[:, :, i, j] += taps[k] * taps[m] * images[:, :, y, x]
    return output


class TestBlurPool:
    @pytest.mark.parametrize("size", SIZES)
    def test_matches_loop(self, size: tuple[int, int]) -> None:
        images = rand(2, 3, *size, dtype=torch.float64)

        torch.testing.assert_close(BlurPool()(images), blur_pool_loop(images), check_dtype=True)

    def test_keeps_a_constant_and_removes_the_finest_stripes(self) -> None:
        stripes = torch.ones(1, 1, 8, 10)
        stripes[..., ::2] = -1

        assert torch.equal(BlurPool()(torch.full((1, 2, 5, 8), 3.0)), torch.full((1, 2, 4, 5), 3.0))
        assert BlurPool()(stripes).abs().max() == 0

    def test_has_no_weights(self) -> None:
        assert list(BlurPool().parameters()) == []
        assert BlurPool().state_dict() == {}

    def test_computes_in_float32_and_keeps_the_dtype(self) -> None:
        images = rand(1, 3, 7, 10).bfloat16()
        expected = blur_pool_loop(images.float()).bfloat16()

        with torch.autocast("cpu", torch.bfloat16):
            under_autocast = BlurPool()(images)

        assert torch.equal(BlurPool()(images), expected)
        assert torch.equal(under_autocast, expected)
        assert torch.equal(BlurPool().bfloat16()(images), expected)

    def test_gradients(self) -> None:
        assert_gradients(BlurPool().double(), rand(1, 2, 5, 4, dtype=torch.float64))

    def test_compiles(self) -> None:
        assert_compiles(BlurPool(), rand(1, 2, 6, 9))


class TestConvBlurPool:
    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("kernel_size", [1, 3, 5])
    def test_equals_convolution_then_blur(self, size: tuple[int, int], kernel_size: int) -> None:
        padding = kernel_size // 2
        module = ConvBlurPool(2, 4, kernel_size, padding=padding).double()
        convolution = nn.Conv2d(2, 4, kernel_size, padding=padding).double()
        convolution.load_state_dict(module.state_dict())
        images = rand(2, 2, *size, dtype=torch.float64)

        expected = blur_pool_loop(convolution(images))

        torch.testing.assert_close(module(images), expected)

    def test_gradients(self) -> None:
        assert_gradients(
            ConvBlurPool(2, 3, 3, padding=0).double(), rand(1, 2, 6, 7, dtype=torch.float64)
        )

    def test_compiles(self) -> None:
        assert_compiles(ConvBlurPool(2, 3, 3, padding=1), rand(1, 2, 6, 9))
