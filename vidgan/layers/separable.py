"""The residual block of depthwise-separable convolutions."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from vidgan.layers.conditional import apply_norm
from vidgan.layers.norm import Norm, make_norm
from vidgan.layers.reflect_conv import ReflectConv2d


class SeparableResidualBlock(nn.Module):
    r"""Residual block whose 3x3 convolutions are each a depthwise and a pointwise one.

    .. math:: y = x + \operatorname{norm}(P_2 D_2 \operatorname{ReLU}(
        \operatorname{norm}(P_1 D_1 x)))

    :math:`D` convolves every channel by itself over reflected borders, :math:`P` mixes the channels
    of a pixel (Howard et al. 2017, `arXiv:1704.04861 <https://arxiv.org/abs/1704.04861>`__,
    Sec. 3.1). Of C channels it takes :math:`1/9 + 1/C` of the operations of a `ResidualBlock`.

    Args:
        num_channels: C, channels of input and output.
        norm: see `make_norm`.

    Raises:
        ValueError: if ``norm`` is unknown.

    Example:
        >>> import torch
        >>> SeparableResidualBlock(8)(torch.zeros(1, 8, 6, 10)).shape
        torch.Size([1, 8, 6, 10])
    """

    def __init__(self, num_channels: int, *, norm: Norm = "batch") -> None:
        super().__init__()
        self.conv1 = _separable(num_channels)
        self.norm1 = make_norm(norm, num_channels)
        self.activation = nn.ReLU(inplace=True)
        self.conv2 = _separable(num_channels)
        self.norm2 = make_norm(norm, num_channels)

    def forward(self, x: Tensor, condition: Any = None) -> Tensor:
        """Add the residual to x (B, C, H, W); H and W must be at least 2.

        Norms that take a condition, see `ConditionalNorm`, get ``condition``.
        """
        inner = self.activation(apply_norm(self.norm1, self.conv1(x), condition))
        out: Tensor = x + apply_norm(self.norm2, self.conv2(inner), condition)
        return out


def _separable(num_channels: int) -> nn.Sequential:
    # the bias of a depthwise convolution would only be mixed into that of the pointwise one
    depthwise = ReflectConv2d(num_channels, num_channels, 3, groups=num_channels, bias=False)
    return nn.Sequential(depthwise, nn.Conv2d(num_channels, num_channels, 1))
