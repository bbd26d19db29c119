"""Convolution, normalization and activation in one block."""

from __future__ import annotations

from typing import Any, Literal

from torch import Tensor, nn

from vidgan._checks import check_choice, check_maps
from vidgan.layers.conditional import apply_norm
from vidgan.layers.norm import Norm, make_norm
from vidgan.layers.reflect_conv import ReflectConv2d


class ConvBlock(nn.Module):
    r"""Convolution, normalization and ReLU.

    .. math:: y = \operatorname{ReLU}(\operatorname{norm}(\operatorname{conv}(x)))

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: odd; the input is padded by ``kernel_size // 2`` pixels.
        stride: 1 keeps the size, 2 halves it.
        padding_mode: ``"reflect"`` or ``"zeros"``.
        norm: see `make_norm`.

    Raises:
        ValueError: if ``kernel_size`` is even, or a choice is unknown.

    Example:
        >>> import torch
        >>> ConvBlock(3, 8, 3, stride=2)(torch.zeros(1, 3, 16, 24)).shape
        torch.Size([1, 8, 8, 12])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding_mode: Literal["reflect", "zeros"] = "zeros",
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        if kernel_size % 2 == 0:
            raise ValueError(f"ConvBlock: kernel_size must be odd, got {kernel_size}")
        check_choice(padding_mode, ("reflect", "zeros"), "ConvBlock", "padding_mode")
        self.conv: nn.Conv2d
        if padding_mode == "reflect":
            self.conv = ReflectConv2d(in_channels, out_channels, kernel_size, stride=stride)
        else:
            padding = kernel_size // 2
            self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding)
        self.norm = make_norm(norm, out_channels)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor, condition: Any = None) -> Tensor:
        """Map x (B, in_channels, H, W) to (B, out_channels, H / stride, W / stride).

        A norm that takes a condition, see `ConditionalNorm`, gets ``condition``.
        """
        check_maps("ConvBlock", x, self.conv.in_channels)
        out: Tensor = self.activation(apply_norm(self.norm, self.conv(x), condition))
        return out
