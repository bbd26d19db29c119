"""The convolution of one-hot maps."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from vidgan._checks import check_at_least, check_maps
from vidgan.functional import label_conv2d
from vidgan.layers.reflect_conv import ReflectConv2d

_SAMPLES = 16  # rows that are looked at first
_MANY = 24  # classes


class OneHotConv2d(ReflectConv2d):
    r"""`ReflectConv2d` of maps of which many are one-hot, with the same weights and results.

    The channels are those of G groups, such as frames, stacked; the first C of each group are the
    one-hot maps of a label map, all zero where there is no label; the rest may be anything. On a
    CPU their part is computed by `vidgan.functional.label_conv2d`. Maps that are not one-hot, such
    as downsampled ones, and maps that need a gradient, pass through the plain convolution.

    Args:
        in_channels: channels of the input, a multiple of num_groups.
        out_channels: channels of the result.
        kernel_size: odd.
        num_groups: G.
        num_classes: C.

    Raises:
        ValueError: a count is below 1 or does not fit, or ``kernel_size`` is even.

    Example:
        >>> conv = OneHotConv2d(8, 3, 7, num_groups=2, num_classes=4)
        >>> labels = torch.randint(4, (1, 2, 1, 16, 24))
        >>> conv((labels == torch.arange(4).view(4, 1, 1)).float().flatten(1, 2)).shape
        torch.Size([1, 3, 16, 24])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        num_groups: int,
        num_classes: int,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size)
        check_at_least("OneHotConv2d", 1, num_groups=num_groups, num_classes=num_classes)
        if in_channels % num_groups or in_channels // num_groups < num_classes:
            rule = f"num_groups = {num_groups} times at least num_classes = {num_classes}"
            raise ValueError(f"OneHotConv2d: in_channels must be {rule}, got {in_channels}")
        self.num_groups = num_groups
        self.num_classes = num_classes

    def forward(self, x: Tensor) -> Tensor:
        """Return maps (B, out_channels, H, W) of x (B, in_channels, H, W)."""
        check_maps("OneHotConv2d", x, self.in_channels, least=self.kernel_size[0] // 2 + 1)
        dtype = x.dtype
        if torch.is_autocast_enabled("cpu"):
            dtype = torch.get_autocast_dtype("cpu")
        # a dense convolution of half the precision takes half the time, a look-up does not
        pays = dtype.itemsize > 2 or self.num_classes >= _MANY
        labels = self._labels(x) if pays else None
        if labels is None:
            return super().forward(x)
        bias = None if self.bias is None else self.bias.to(dtype)
        weight = self._by_group(self.weight).to(dtype)
        hot, rest = weight.tensor_split([self.num_classes], 2)
        if rest.shape[2] == 0:
            return label_conv2d(labels, hot.flatten(1, 2), bias)
        others = self._by_group(x)[:, :, self.num_classes :].to(dtype)
        others = others.flatten(1, 2).contiguous(memory_format=torch.channels_last)
        dense = self._convolve(others, rest.flatten(1, 2), bias)
        return dense + label_conv2d(labels, hot.flatten(1, 2))

    def _by_group(self, x: Tensor) -> Tensor:
        by_group: Tensor = rearrange(x, "B (G C) H W -> B G C H W", G=self.num_groups)
        return by_group

    def _labels(self, x: Tensor) -> Tensor | None:
        """Return the ids of x, (B, G, H, W), with -1 = none; None where x is not one-hot."""
        if torch.compiler.is_compiling() or torch.jit.is_tracing():  # type: ignore[attr-defined, no-untyped-call]
            return None
        if x.device.type != "cpu" or x.requires_grad:
            return None
        maps = self._by_group(x)[:, :, : self.num_classes]  # (B, G, C, H, W)
        # most maps that are not one-hot are found out by a few rows
        if not _is_binary(maps[..., :: max(1, x.shape[-2] // _SAMPLES), :]) or not _is_binary(maps):
            return None
        numbers = torch.arange(1, self.num_classes + 1, dtype=torch.float32)
        weights = torch.stack([numbers, torch.ones_like(numbers)])
        # autocast would round the ids
        with torch.autocast("cpu", enabled=False):
            if x.is_contiguous(memory_format=torch.channels_last):
                # all channels, since a part of them would be copied
                table = F.pad(weights, (0, x.shape[1] // self.num_groups - self.num_classes))
                pixels = rearrange(x.float(), "B (G C) H W -> B H W G C", G=self.num_groups)
                ids, count = rearrange(pixels @ table.t(), "B H W G N -> N B G H W").contiguous()
            else:
                ids, count = torch.einsum("nc,bgchw->nbghw", weights, maps.float())
        return ids.to(torch.int32) - 1 if bool((count <= 1).all()) else None


def _is_binary(maps: Tensor) -> bool:
    return bool((maps * maps == maps).all())
