"""The convolution over reflected borders."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from vidgan._checks import check_maps
from vidgan.layers._winograd import winograd_conv2d

_NARROW = 4  # outputs: one of a vector costs as much as a full one
_LARGE = 64 * 128  # pixels: with fewer there is little to gain
_WIDE = 256  # channels: with fewer, transforming the maps costs what the products save
_MANY = 2**17  # values of a map, likewise


class ReflectConv2d(nn.Conv2d):
    r"""Convolution of stride 1 over reflected borders, which keeps the size of the map.

    .. math:: y = W * \operatorname{reflect}(x) + b

    As ``torch.nn.Conv2d`` with ``padding_mode="reflect"``, with the same weights and results. Two
    kinds are computed in another way on a CPU, in float32 or float64. A wide kernel with few
    outputs, which would use a small part of each vector instruction, is applied to large maps by
    its rows: they give kernel_size times as many maps, which are summed one below the other. A 3x3
    kernel of stride 1 with 256 channels or more takes 16 multiplications in place of 36 in
    channels-last maps of even size, by Winograd's algorithm F(2x2, 3x3) (Lavin & Gray 2016,
    `arXiv:1509.09308 <https://arxiv.org/abs/1509.09308>`__).

    Args:
        in_channels: channels of the input.
        out_channels: channels of the result.
        kernel_size: odd.
        stride: 1 keeps the size, 2 halves it.
        groups: as in ``torch.nn.Conv2d``; ``in_channels`` for a depthwise convolution.
        bias: whether to add a bias.

    Raises:
        ValueError: if ``kernel_size`` is even.

    Example:
        >>> ReflectConv2d(8, 3, 7)(torch.zeros(1, 8, 32, 48)).shape
        torch.Size([1, 3, 32, 48])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        if kernel_size % 2 == 0:
            raise ValueError(f"ReflectConv2d: kernel_size must be odd, got {kernel_size}")
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=kernel_size // 2,
            groups=groups,
            bias=bias,
            padding_mode="reflect",
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return maps (B, out_channels, H / stride, W / stride) of x (B, in_channels, H, W).

        Raises:
            TypeError: x is not a floating-point tensor.
            ValueError: the shape does not fit, or H or W is not above ``kernel_size // 2``.
        """
        pixels = self.kernel_size[0] // 2 + 1  # reflection needs one more than it adds
        check_maps(type(self).__name__, x, self.in_channels, least=pixels)
        return self._convolve(x, self.weight, self.bias)

    def _convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        plain = self.stride == (1, 1) and self.groups == 1
        if plain and _in_full_precision_on_cpu(x):
            border = (self.kernel_size[0] // 2,) * 4
            if _by_rows_pays(x, weight):
                return _conv_by_rows(F.pad(x, border, mode="reflect"), weight, bias)
            if _winograd_pays(x, weight):
                return winograd_conv2d(F.pad(x, border, mode="reflect"), weight, bias)
        out: Tensor = self._conv_forward(x, weight, bias)
        return out


def _in_full_precision_on_cpu(x: Tensor) -> bool:
    if torch.compiler.is_exporting() or torch.jit.is_tracing():  # type: ignore[attr-defined, no-untyped-call]
        return False
    # in half precision every row would be rounded before the sum
    half = x.dtype in (torch.bfloat16, torch.float16) or torch.is_autocast_enabled("cpu")
    return x.device.type == "cpu" and not half


def _by_rows_pays(x: Tensor, weight: Tensor) -> bool:
    narrow = weight.shape[0] <= _NARROW and weight.shape[2] > _NARROW
    return narrow and x.shape[-2] * x.shape[-1] >= _LARGE


def _winograd_pays(x: Tensor, weight: Tensor) -> bool:
    wide = weight.shape[-1] == 3 and min(weight.shape[:2]) >= _WIDE and x.numel() >= _MANY
    if not wide or torch.compiler.is_compiling():
        return False
    even = x.shape[-2] % 2 == 0 and x.shape[-1] % 2 == 0
    return even and x.is_contiguous(memory_format=torch.channels_last)


def _conv_by_rows(padded: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    r"""Convolve without padding: every row k of the kernel by itself, then the sum over rows.

    .. math:: y[i] = b + \sum_k (w_k * x)[i + k]
    """
    outputs, channels, height, width = weight.shape
    rows = weight.permute(2, 0, 1, 3).reshape(height * outputs, channels, 1, width)
    by_row = F.conv2d(padded, rows)  # (B, height * outputs, H + height - 1, W)
    # the sum as a convolution too, which adds up in float32 whatever the dtype
    picks = torch.eye(height * outputs, dtype=by_row.dtype, device=by_row.device)
    picks = picks.view(height, outputs, height, outputs).permute(3, 0, 1, 2)
    return F.conv2d(by_row, picks.reshape(outputs, height * outputs, height, 1), bias)
