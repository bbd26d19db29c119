"""The average-pool image pyramid."""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vidgan._checks import check_at_least, check_shapes


def average_pyramid(images: Tensor, num_scales: int) -> list[Tensor]:
    r"""Compute an image pyramid by average pooling.

    .. math:: x_0 = x, \qquad x_{k+1}(p) = \operatorname{mean}_{|q - 2p|_\infty \le 1} x_k(q)

    Each level averages 3x3 neighborhoods of the finer one with stride 2 and padding 1, where the
    padding does not count towards the average (Wang et al. 2018, `arXiv:1711.11585
    <https://arxiv.org/abs/1711.11585>`__, Sec. 3.2).

    Args:
        images: (B, C, H, W) or (B, T, C, H, W), any range.
        num_scales: number of levels including the images themselves, at least 1.

    Returns:
        ``num_scales`` tensors, finest first; an axis of n pixels has ``(n + 1) // 2`` pixels at
        the next level.

    Raises:
        TypeError: if ``images`` is not a floating-point tensor.
        ValueError: if ``images`` has another number of dimensions or ``num_scales`` is under 1.

    Example:
        >>> import torch
        >>> [tuple(level.shape) for level in average_pyramid(torch.zeros(1, 3, 8, 12), 3)]
        [(1, 3, 8, 12), (1, 3, 4, 6), (1, 3, 2, 3)]
    """
    check_shapes("average_pyramid", images=(images, "B [T] C H W"))
    check_at_least("average_pyramid", 1, num_scales=num_scales)
    lead = images.shape[:-3]
    levels = [images]
    for _ in range(num_scales - 1):
        flat = levels[-1].flatten(0, -4)  # (B*T, C, H, W)
        if flat.is_cuda:
            # Some CUDA builds average channels_last images with wrong gradients.
            flat = flat.contiguous()
        pooled = F.avg_pool2d(flat, kernel_size=3, stride=2, padding=1, count_include_pad=False)
        levels.append(pooled.reshape(*lead, *pooled.shape[1:]))
    return levels
