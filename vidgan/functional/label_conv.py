"""Convolution of label maps by look-up in a table."""

from __future__ import annotations

from typing import Any

import torch
from einops import rearrange
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F  # noqa: N812

from vidgan._checks import check_shapes

_BLOCK = 2**14  # pixels that are looked up at once: their indices stay in the cache


def label_conv2d(labels: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    r"""Convolve the one-hot maps of labels over reflected borders, without building the maps.

    .. math:: y_p = b + \sum_g \sum_q W_q[:, g, l_{g, p + q}]

    with offsets q in the kernel: what ``torch.nn.Conv2d`` with ``padding_mode="reflect"`` and these
    weights computes of the one-hot maps, from whose definition it follows. On a CPU every term is a
    row of a table, so that the time does not depend on the number of classes; elsewhere, in
    compiled code and in the gradient the maps are built.

    Args:
        labels: integer class ids, (B, G, H, W), such as those of G frames; below 0 = no class.
        weight: (O, G * C, K, K) for C classes, channels ordered by group first; K is odd.
        bias: (O,), or None.

    Returns:
        (B, O, H, W), in the channels-last memory format; the weights can be differentiated once.

    Raises:
        TypeError: labels are no integers, or weights are not floating-point.
        ValueError: a shape does not fit, K is even, the labels are too small to reflect their
            borders, or a label is C or more.

    Example:
        >>> labels = torch.tensor([[[[0, 1, 1], [2, 2, -1]]]])
        >>> label_conv2d(labels, torch.tensor([10.0, 20, 30]).view(1, 3, 1, 1))
        tensor([[[[10., 20., 20.],
                  [30., 30.,  0.]]]])
    """
    check_shapes(
        "label_conv2d",
        labels=(labels, "int B G H W"),
        weight=(weight, "O I K K"),
        bias=(bias, "O or None", "to fit weight"),
    )
    num_classes, rest = divmod(weight.shape[1], labels.shape[1])
    if rest or weight.shape[-1] % 2 == 0:
        raise ValueError(
            f"label_conv2d: weight must have an odd kernel and a multiple of {labels.shape[1]} "
            f"input channels, as labels have groups, got {tuple(weight.shape)}"
        )
    if min(labels.shape[-2:]) <= weight.shape[-1] // 2:
        rule = (
            f"labels must be at least {weight.shape[-1] // 2 + 1} pixels high and wide, to reflect"
        )
        raise ValueError(f"label_conv2d: {rule} their borders, got {tuple(labels.shape[-2:])}")
    if torch.compiler.is_compiling() or labels.device.type != "cpu":
        return F.conv2d(_padded_maps(labels, weight), weight, bias)
    if labels.numel() and int(labels.max()) >= num_classes:
        rule = f"labels must be below {num_classes}, the number of classes"
        raise ValueError(f"label_conv2d: {rule}, got {int(labels.max())}")
    out: Tensor = _LookUp.apply(labels, weight)
    return out if bias is None else out + bias.view(-1, 1, 1)


class _LookUp(torch.autograd.Function):
    """The convolution without bias."""

    @staticmethod
    def forward(ctx: Any, labels: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(labels, weight)
        return _look_up(labels, weight)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor]:
        labels, weight = ctx.saved_tensors
        # sums over the pixels of a class: the convolution's own kernel is the fastest way
        maps = _padded_maps(labels, weight)
        ones, zeros = [1, 1], [0, 0]
        back = torch.ops.aten.convolution_backward(
            *(gradient.to(weight.dtype), maps, weight.contiguous(), None),
            *(ones, zeros, ones, False, zeros, 1, [False, True, False]),
        )
        return None, back[1]


def _look_up(labels: Tensor, weight: Tensor) -> Tensor:
    batch, groups, height, width = labels.shape
    outputs, size = weight.shape[0], weight.shape[-1]
    # one table per group and offset; its last row, of zeros, is that of no class
    rows = rearrange(weight, "O (G C) i j -> G i j C O", G=groups)
    rows = F.pad(rows, (0, 0, 0, 1))
    num_rows, table = rows.shape[3], rows.reshape(-1, outputs)
    positions = torch.arange(groups * size**2, dtype=torch.int32).view(groups, size, size)
    ids = torch.where(labels < 0, num_rows - 1, labels)
    padded = _pad(ids, size)
    windows = padded.unfold(2, size, 1).unfold(3, size, 1).permute(0, 2, 3, 1, 4, 5)
    out = weight.new_empty(batch, height, width, outputs)
    step = max(1, _BLOCK // max(width, 1))
    for sample, result in zip(windows, out, strict=True):
        for first in range(0, height, step):
            block = sample[first : first + step] + positions * num_rows
            sums = F.embedding_bag(block.reshape(-1, groups * size**2), table, mode="sum")
            result[first : first + step] = sums.view(-1, width, outputs)
    return out.permute(0, 3, 1, 2)


def _padded_maps(labels: Tensor, weight: Tensor) -> Tensor:
    """Return the one-hot maps with reflected borders, (B, G * C, H + K - 1, W + K - 1)."""
    groups, size = labels.shape[1], weight.shape[-1]
    classes = torch.arange(weight.shape[1] // groups, device=labels.device).view(-1, 1, 1)
    maps = (_pad(labels, size).unsqueeze(2) == classes).flatten(1, 2)
    return maps.to(weight.dtype, memory_format=torch.channels_last)


def _pad(labels: Tensor, size: int) -> Tensor:
    """Reflect the borders of labels by half a kernel; torch does so for floats alone."""
    return F.pad(labels.float(), (size // 2,) * 4, mode="reflect").to(torch.int32)
