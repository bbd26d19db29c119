r"""Winograd's convolution with 3x3 kernels, for processors without special units for matrices.

Lavin & Gray 2016, `arXiv:1509.09308 <https://arxiv.org/abs/1509.09308>`__, F(2x2, 3x3): two by two
results from four by four inputs d, with 16 products in place of 36:

.. math:: Y = A^T \left[ (G g G^T) \odot (B^T d B) \right] A

Summed over channels, the products are 16 multiplications of matrices. Maps are channels-last.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

# G for both axes: the 3x3 kernel as 9 numbers -> its 4x4 transform as 16.
_G = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]]
_KERNEL = [[a * b for a in row for b in column] for row in _G for column in _G]


def winograd_conv2d(padded: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Convolve padded maps (B, C, H + 2, W + 2) to (B, out_channels, H, W); H and W are even."""
    out: Tensor = _Winograd.apply(padded, weight)
    return out if bias is None else out + bias.view(-1, 1, 1)


def _convolve(padded: Tensor, weight: Tensor) -> Tensor:
    batch, _, height, width = padded.shape
    products = torch.bmm(_transform_input(padded), _transform_weight(weight))
    return _transform_products(products, batch, height - 2, width - 2)


# an operator of its own: activation checkpointing keeps the result, not what leads to it
_LIBRARY: Any = torch.library.Library("vidgan", "FRAGMENT")  # type: ignore[no-untyped-call]
_LIBRARY.define("winograd_conv2d(Tensor padded, Tensor weight) -> Tensor")
_LIBRARY.impl("winograd_conv2d", _convolve, "CompositeExplicitAutograd")


class _Winograd(torch.autograd.Function):
    @staticmethod
    def forward(padded: Tensor, weight: Tensor) -> Tensor:
        out: Tensor = torch.ops.vidgan.winograd_conv2d(padded, weight)
        return out

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], _output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        padded, weight = ctx.saved_tensors
        for_padded, for_weight = ctx.needs_input_grad
        if torch.is_grad_enabled():  # to be differentiated again
            settings: Any = ([1, 1], [0, 0], [1, 1], False, [0, 0], 1)
            wanted = [for_padded, for_weight, False]
            gradients = torch.ops.aten.convolution_backward(
                gradient, padded, weight, None, *settings, wanted
            )
            return gradients[0], gradients[1]
        products = _spread_gradient(gradient)
        grad_padded = grad_weight = None
        if for_padded:
            inputs = torch.bmm(products, _transform_weight(weight).mT)
            grad_padded = _gather_inputs(inputs, padded.shape)
        if for_weight:
            kernels = torch.bmm(products.mT, _transform_input(padded))  # (16, out, in)
            grad = weight.new_tensor(_KERNEL).T @ kernels.flatten(1)
            grad_weight = grad.view(3, 3, *weight.shape[:2]).permute(2, 3, 0, 1)
        return grad_padded, grad_weight


def _transform_weight(weight: Tensor) -> Tensor:
    """Return G g G^T of a weight (out, in, 3, 3) as 16 matrices (in, out)."""
    kernels = weight.permute(0, 2, 3, 1).reshape(len(weight), 9, -1)
    return torch.matmul(weight.new_tensor(_KERNEL), kernels).permute(1, 2, 0)


def _transform_input(padded: Tensor) -> Tensor:
    """Return B^T d B of all tiles as 16 matrices (tiles, channels)."""
    x = padded.permute(0, 2, 3, 1)
    batch, height, width, channels = x.shape
    shape = batch, height // 2 - 1, width // 2 - 1, channels
    out = x.new_empty(4, 4, *shape)
    top, upper, lower, bottom = (x[:, i : height - 2 + i or None : 2] for i in range(4))
    for row, y in zip(
        out, (top - lower, upper + lower, lower - upper, upper - bottom), strict=True
    ):
        first, second, third, last = (y[:, :, j : width - 2 + j : 2] for j in range(4))
        torch.sub(first, third, out=row[0])
        torch.add(second, third, out=row[1])
        torch.sub(third, second, out=row[2])
        torch.sub(second, last, out=row[3])
    return out.view(16, -1, channels)


def _transform_products(products: Tensor, batch: int, height: int, width: int) -> Tensor:
    """Return A^T m A of the products of all tiles, as maps (B, channels, H, W)."""
    channels = products.shape[-1]
    m = products.view(4, 4, batch, height // 2, width // 2, channels)
    out = m.new_empty(batch, height, width, channels)
    inner, outer = m[1] + m[2], m[1] - m[2]
    for i, row in enumerate((inner.add_(m[0]), outer.sub_(m[3]))):
        torch.add(row[1] + row[2], row[0], out=out[:, i::2, 0::2])
        torch.sub(row[1] - row[2], row[3], out=out[:, i::2, 1::2])
    return out.permute(0, 3, 1, 2)


def _spread_gradient(gradient: Tensor) -> Tensor:
    """Return the gradient of the products, A y A^T, from that of the maps."""
    y = gradient.permute(0, 2, 3, 1)
    batch, height, width, channels = y.shape
    out = y.new_empty(4, 4, batch, height // 2, width // 2, channels)
    upper, lower = y[:, 0::2], y[:, 1::2]
    for row, part in zip(out, (upper, upper + lower, upper - lower, -lower), strict=True):
        left, right = part[:, :, 0::2], part[:, :, 1::2]
        row[0] = left
        torch.add(left, right, out=row[1])
        torch.sub(left, right, out=row[2])
        torch.neg(right, out=row[3])
    return out.view(16, -1, channels)


def _gather_inputs(inputs: Tensor, shape: torch.Size) -> Tensor:
    """Return the gradient of padded maps, the sum of B v B^T over overlapping tiles."""
    batch, channels, height, width = shape
    v = inputs.view(4, 4, batch, height // 2 - 1, width // 2 - 1, channels)
    rows = v.new_zeros(4, batch, height, width // 2 - 1, channels)
    rows[:, :, 0 : height - 2 : 2] += v[0]
    rows[:, :, 1 : height - 1 : 2] += v[1] - v[2] + v[3]
    rows[:, :, 2::2] += v[1] + v[2] - v[0]
    rows[:, :, 3::2] -= v[3]
    out = v.new_zeros(batch, height, width, channels)
    out[:, :, 0 : width - 2 : 2] += rows[0]
    out[:, :, 1 : width - 1 : 2] += rows[1] - rows[2] + rows[3]
    out[:, :, 2::2] += rows[1] + rows[2] - rows[0]
    out[:, :, 3::2] -= rows[3]
    return out.permute(0, 3, 1, 2)
