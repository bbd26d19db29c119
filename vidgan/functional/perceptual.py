"""The perceptual distance between features."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from vidgan._checks import check_same_length, check_shapes
from vidgan.functional._precision import at_least_float32


def lpips_distance(
    features: Sequence[Tensor], reference_features: Sequence[Tensor], heads: Sequence[Tensor]
) -> Tensor:
    r"""Compute the LPIPS distance from the features of a network.

    .. math:: d(x, y) = \sum_l \frac{1}{H_l W_l} \sum_{hw} w_l^T (\hat f_l(x) - \hat f_l(y))^2

    with the features :math:`\hat f_l` of every pixel scaled to unit length (Zhang et al. 2018,
    `arXiv:1801.03924 <https://arxiv.org/abs/1801.03924>`__, Eq. 1). It is differentiable in both
    arguments; the gradient is finite also where all features of a pixel are zero.

    Args:
        features: :math:`f_l(x)`, one tensor (B, C_l, H_l, W_l) per layer.
        reference_features: :math:`f_l(y)`, in the same shapes.
        heads: :math:`w_l`, the weights of the channels, (C_l,) per layer.

    Returns:
        (B,), in float32 or float64.

    Raises:
        TypeError: if a tensor is not floating-point.
        ValueError: if the numbers of layers or the shapes differ.

    Example:
        >>> import torch
        >>> x, y = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1), torch.tensor([1.0, 0.0])
        >>> lpips_distance([x], [y.view(1, 2, 1, 1)], [torch.ones(2)])  # (0.6 - 1)^2 + 0.8^2
        tensor([0.8000])
    """
    check_same_length(
        "lpips_distance",
        "layer",
        features=features,
        reference_features=reference_features,
        heads=heads,
    )
    distances = []
    for ours, theirs, head in zip(features, reference_features, heads, strict=True):
        check_shapes(
            "lpips_distance",
            features=(ours, "B C H W"),
            reference_features=(theirs, "B C H W"),
            heads=(head, "C"),
        )
        difference = (_unit_length(ours) - _unit_length(theirs)).square()
        weighted = difference * head[:, None, None]  # the paper's 1x1 convolution
        distances.append(weighted.sum(1).mean((1, 2)))  # (B,)
    return torch.stack(distances).sum(0)


def _unit_length(features: Tensor) -> Tensor:
    features = at_least_float32(features)
    # Inside the root: the gradient stays finite where all features of a pixel are zero.
    return features / (features.square().sum(1, keepdim=True) + 1e-20).sqrt()
