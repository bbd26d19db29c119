"""The residual block."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from vidgan._checks import check_maps
from vidgan.layers.conditional import apply_norm
from vidgan.layers.norm import Norm, make_norm
from vidgan.layers.reflect_conv import ReflectConv2d


class ResidualBlock(nn.Module):
    r"""Residual block of two 3x3 convolutions with reflection padding.

    .. math:: y = x + \operatorname{norm}(\operatorname{conv}(\operatorname{ReLU}(
        \operatorname{norm}(\operatorname{conv}(x)))))

    Johnson et al. 2016, `arXiv:1603.08155 <https://arxiv.org/abs/1603.08155>`__, with reflection in
    place of cropping. There is no activation after the sum.

    Args:
        num_channels: channels of input and output.
        norm: see `make_norm`.

    Raises:
        ValueError: if ``norm`` is unknown.

    Example:
        >>> import torch
        >>> ResidualBlock(8)(torch.zeros(1, 8, 6, 10)).shape
        torch.Size([1, 8, 6, 10])
    """

    def __init__(self, num_channels: int, *, norm: Norm = "batch") -> None:
        super().__init__()
        self.conv1 = ReflectConv2d(num_channels, num_channels, 3)
        self.norm1 = make_norm(norm, num_channels)
        self.activation = nn.ReLU(inplace=True)
        self.conv2 = ReflectConv2d(num_channels, num_channels, 3)
        self.norm2 = make_norm(norm, num_channels)

    def forward(self, x: Tensor, condition: Any = None) -> Tensor:
        """Add the residual to x (B, C, H, W); H and W must be at least 2.

        Norms that take a condition, see `ConditionalNorm`, get ``condition``.
        """
        check_maps("ResidualBlock", x, self.conv1.in_channels, least=2)
        inner = self.activation(apply_norm(self.norm1, self.conv1(x), condition))
        out: Tensor = x + apply_norm(self.norm2, self.conv2(inner), condition)
        return out
