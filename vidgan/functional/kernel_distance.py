"""The maximum mean discrepancy between two sets of features."""

from __future__ import annotations

import torch
from torch import Tensor

from vidgan._checks import check_at_least
from vidgan.functional.frechet import check_features

_BLOCK = 1024  # rows of the kernel matrix at a time


def polynomial_mmd(features: Tensor, references: Tensor, *, degree: int = 3) -> Tensor:
    r"""Compute the unbiased squared maximum mean discrepancy, in float64.

    .. math:: \frac{\sum_{i \ne j} k(x_i, x_j)}{N (N - 1)} + \frac{\sum_{i \ne j} k(y_i, y_j)}
        {M (M - 1)} - \frac{2 \sum_{ij} k(x_i, y_j)}{N M}, \quad
        k(x, y) = \left(\frac{x^T y}{D} + 1\right)^{\mathrm{degree}}

    KID of all samples at once (Binkowski et al. 2018, `arXiv:1801.01401
    <https://arxiv.org/abs/1801.01401>`__, where it is averaged over random subsets).
    Unlike the Frechet distance it is right on average for any number of samples, and may be
    slightly negative.

    Args:
        features: x, of the generated samples, (N, D), N at least 2.
        references: y, features of the real samples, (M, D), M at least 2.
        degree: of the kernel, at least 1.

    Returns:
        The discrepancy, a scalar in float64.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if a shape does not fit, a set has fewer than 2 samples, features are NaN or
            infinite, or ``degree`` is below 1.

    Example:
        >>> import torch
        >>> x, y = torch.tensor([[1.0], [1.0]]), torch.tensor([[0.0], [0.0]])
        >>> polynomial_mmd(x, y)  # 2^3 + 1 - 2 * 1
        tensor(7., dtype=torch.float64)
    """
    check_features("polynomial_mmd", features, references)
    check_at_least("polynomial_mmd", 1, degree=degree)
    x, y = features.double(), references.double()
    within = [
        (_kernel_sum(own, own, degree) - _kernel(own.square().sum(1), own.shape[1], degree).sum())
        / (len(own) * (len(own) - 1))
        for own in (x, y)
    ]
    return within[0] + within[1] - 2 * _kernel_sum(x, y, degree) / (len(x) * len(y))


def _kernel_sum(x: Tensor, y: Tensor, degree: int) -> Tensor:
    blocks = [_kernel(rows @ y.T, x.shape[1], degree).sum() for rows in torch.split(x, _BLOCK)]
    return torch.stack(blocks).sum()


def _kernel(products: Tensor, dimensions: int, degree: int) -> Tensor:
    kernel: Tensor = (products / dimensions + 1) ** degree
    return kernel
