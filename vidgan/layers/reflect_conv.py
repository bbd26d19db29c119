"""The convolution over reflected borders."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

_NARROW = 4  # outputs: one of a vector costs as much as a full one
_LARGE = 64 * 128  # pixels: with fewer there is little to gain


class ReflectConv2d(nn.Conv2d):
    r"""Convolution of stride 1 over reflected borders, which keeps the size of the map.

    .. math:: y = W * \operatorname{reflect}(x) + b

    As ``torch.nn.Conv2d`` with ``padding_mode="reflect"``, with the same weights and results. On a
    CPU and in float32 or float64, a wide kernel with few outputs, which would use a small part of
    each vector instruction, is applied to large maps by its rows: they give kernel_size times as
    many maps, which are summed one below the other.

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
        """Return maps (B, out_channels, H / stride, W / stride) of x (B, in_channels, H, W)."""
        return self._convolve(x, self.weight, self.bias)

    def _convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self.stride != (1, 1) or self.groups > 1 or not _by_rows_pays(x, weight):
            out: Tensor = self._conv_forward(x, weight, bias)
            return out
        padded = F.pad(x, (self.kernel_size[0] // 2,) * 4, mode="reflect")
        return _conv_by_rows(padded, weight, bias)


def _by_rows_pays(x: Tensor, weight: Tensor) -> bool:
    narrow = weight.shape[0] <= _NARROW and weight.shape[2] > _NARROW
    if torch.compiler.is_exporting() or torch.jit.is_tracing():  # type: ignore[attr-defined, no-untyped-call]
        return False
    if not narrow or x.device.type != "cpu":
        return False
    # in half precision every row would be rounded before the sum
    if x.dtype in (torch.bfloat16, torch.float16) or torch.is_autocast_enabled("cpu"):
        return False
    return x.shape[-2] * x.shape[-1] >= _LARGE


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
