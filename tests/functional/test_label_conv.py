"""The convolution of label maps."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from tests.assertions import assert_compiles, assert_gradients, rand
from vidgan.functional import label_conv2d, one_hot_labels


def random_labels(*shape: int, low: int = -1, classes: int = 5) -> Tensor:
    return torch.randint(low, classes, shape, generator=torch.Generator().manual_seed(0))


def plain(labels: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """The convolution of the one-hot maps."""
    maps = one_hot_labels(labels.unsqueeze(2), 5, ignore_id=-1).flatten(1, 2).to(weight.dtype)
    padded = F.pad(maps, (weight.shape[-1] // 2,) * 4, mode="reflect")
    return F.conv2d(padded, weight, bias)


@pytest.mark.parametrize("size", [(5, 7), (16, 24), (140, 130)])  # the last in several blocks
@pytest.mark.parametrize("kernel", [1, 3, 7])
@pytest.mark.parametrize("groups", [1, 3])
def test_is_the_convolution_of_one_hot_maps(
    size: tuple[int, int], kernel: int, groups: int
) -> None:
    labels = random_labels(2, groups, *size)
    weight = rand(4, 5 * groups, kernel, kernel, dtype=torch.float64).requires_grad_()
    bias = rand(4, seed=1, dtype=torch.float64).requires_grad_()

    got, want = label_conv2d(labels, weight, bias), plain(labels, weight, bias)

    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)
    assert got.is_contiguous(memory_format=torch.channels_last)
    outer = rand(*got.shape, seed=2, dtype=torch.float64)
    for ours, theirs in zip(
        torch.autograd.grad(got, (weight, bias), outer),
        torch.autograd.grad(want, (weight, bias), outer),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int64])
def test_any_integers(dtype: torch.dtype) -> None:
    labels, weight = random_labels(1, 1, 6, 8, low=0), rand(2, 5, 3, 3)

    assert torch.equal(label_conv2d(labels.to(dtype), weight), label_conv2d(labels, weight))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_dtypes(dtype: torch.dtype) -> None:
    labels, weight = random_labels(1, 2, 6, 8), rand(2, 10, 3, 3)

    got = label_conv2d(labels, weight.to(dtype))

    assert got.dtype == dtype
    torch.testing.assert_close(got.float(), plain(labels, weight), rtol=0.02, atol=0.02)


def test_gradients() -> None:
    labels = random_labels(2, 2, 4, 5)

    assert_gradients(lambda w, b: label_conv2d(labels, w, b), rand(2, 10, 3, 3), rand(2))


def test_compiles() -> None:
    assert_compiles(label_conv2d, random_labels(2, 2, 4, 6), rand(2, 10, 3, 3), rand(2))


def test_too_large_label_raises() -> None:
    with pytest.raises(
        ValueError, match="label_conv2d: labels must be below 5, the number of classes, got 7"
    ):
        label_conv2d(torch.full((1, 1, 4, 6), 7), rand(2, 5, 3, 3))


@pytest.mark.parametrize("shape", [(2, 5, 3, 3), (2, 4, 2, 2)])
def test_weight_that_does_not_fit_raises(shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ValueError,
        match="weight must have an odd kernel and a multiple of 2 input channels, as labels have",
    ):
        label_conv2d(random_labels(1, 2, 4, 6), rand(*shape))


def test_floats_raise() -> None:
    with pytest.raises(TypeError, match="label_conv2d: labels must be"):
        label_conv2d(rand(1, 2, 4, 6), rand(2, 10, 3, 3))
