"""The convolution of maps with holes."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from vidgan._checks import check_shapes


class PartialConv2d(nn.Conv2d):
    r"""Convolves the known pixels of a map, weighted by how many there are.

    .. math::

        y = W^\top (x \odot m) \, \frac{\sum 1}{\sum m} + b \quad \text{where } \sum m > 0,
        \text{ else } 0

    with sums over the part of the kernel inside the map. The new mask is 1 where
    :math:`\sum m > 0`. Liu et al. 2018, `arXiv:1804.07723 <https://arxiv.org/abs/1804.07723>`__,
    Eq. 1 and 2; the sum of ones leaves out the zero padding, so that a mask of ones gives a plain
    convolution.

    Args:
        in_channels: channels of the map.
        out_channels: channels of the result.
        kernel_size: odd; the size of the map is kept.

    Raises:
        ValueError: if ``kernel_size`` is even.

    Example:
        >>> conv = PartialConv2d(1, 1, 3)
        >>> out, mask = conv(torch.ones(1, 1, 1, 4), torch.tensor([[[[1.0, 0, 0, 0]]]]))
        >>> mask.flatten()
        tensor([1., 1., 0., 0.])
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int) -> None:
        if kernel_size % 2 == 0:
            raise ValueError(f"PartialConv2d: kernel_size must be odd, got {kernel_size}")
        super().__init__(in_channels, out_channels, kernel_size, padding=kernel_size // 2)

    def forward(  # type: ignore[override]
        self, x: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Return the map (B, out_channels, H, W) and its mask.

        Args:
            x: (B, in_channels, H, W).
            mask: (B, 1, H, W) in [0, 1], 1 = known; None if all of x is known.

        Raises:
            TypeError: an input is not a floating-point tensor.
            ValueError: the shapes do not fit.
        """
        shape = f"B {self.in_channels} H W"
        check_shapes("PartialConv2d", x=(x, shape), mask=(mask, "B 1 H W or None", "to fit x"))
        if mask is None:
            return super().forward(x), None
        kernel = mask.new_ones(1, 1, *self.kernel_size)
        known = F.conv2d(mask, kernel, padding=self.padding)
        area = F.conv2d(torch.ones_like(mask), kernel, padding=self.padding)
        is_known = known > 0
        ratio = area / torch.where(is_known, known, 1)
        out = F.conv2d(x * mask, self.weight, padding=self.padding) * ratio
        if self.bias is not None:
            out = out + self.bias[:, None, None]
        return torch.where(is_known, out, 0), is_known.to(mask.dtype)
