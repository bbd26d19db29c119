"""A fixed low-pass."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

from vidgan._checks import check_maps


class Blur(nn.Module):
    r"""Blur every channel with the binomial kernel :math:`[1, 2, 1] / 4` along both axes.

    .. math:: y_{ij} = \sum_{kl} b_k b_l \, x_{i + k - 1,\, j + l - 1}, \quad b = [1, 2, 1] / 4

    over reflected borders. It removes what alternates from pixel to pixel: after an upsampling, and
    above all a pixel-shuffle, whose neighboring pixels come from weights of their own, nothing else
    makes neighbors agree (Sugawara et al. 2018, `arXiv:1806.02658
    <https://arxiv.org/abs/1806.02658>`__; Karras et al. 2019, `arXiv:1812.04948
    <https://arxiv.org/abs/1812.04948>`__, Sec. 2). Constant maps stay as they are.

    Args:
        num_channels: C.

    Example:
        >>> stripes = torch.tensor([0.0, 1.0]).repeat(1, 2, 6, 4)
        >>> Blur(2)(stripes).unique()
        tensor([0.5000])
    """

    kernel: Tensor

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        self.num_channels = num_channels
        binomial = torch.tensor([0.25, 0.5, 0.25])
        kernel = torch.outer(binomial, binomial).expand(num_channels, 1, 3, 3)
        # a constant that moves with the module but is not saved in checkpoints
        self.register_buffer("kernel", kernel.clone(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Blur x (B, C, H, W); H and W must be at least 2."""
        check_maps("Blur", x, self.num_channels, least=2)
        padded = pad(x, (1, 1, 1, 1), mode="reflect")
        return conv2d(padded, self.kernel.to(x.dtype), groups=self.num_channels)
