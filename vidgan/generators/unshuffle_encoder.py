"""The encoder that takes images apart into patches."""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor, nn

from vidgan._checks import check_at_least, check_maps
from vidgan.generators._sizes import check_size
from vidgan.generators.encoder import Encoder
from vidgan.layers import Norm, make_norm


class UnshuffleEncoder(nn.Module):
    r"""Puts patches of f x f pixels into channels, and maps them to features.

    .. math:: e = \operatorname{ReLU}(\operatorname{norm}(\operatorname{conv}_{1 \times 1}(
        \operatorname{unshuffle}_f(x))))

    with the pixel-unshuffle of Shi et al. 2016,
    `arXiv:1609.05158 <https://arxiv.org/abs/1609.05158>`__, backwards. Both are one convolution
    with kernel and stride f. No layer works at full size.

    Args:
        in_channels: channels of the stacked input.
        out_channels: channels of the features.
        factor: f, side of the patches.
        norm: see `vidgan.layers.make_norm`.

    Raises:
        ValueError: a count is below 1, or ``norm`` is unknown.

    Example:
        >>> import torch
        >>> UnshuffleEncoder(9, 8)(torch.zeros(1, 9, 32, 48)).shape
        torch.Size([1, 8, 8, 12])
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, factor: int = 4, norm: Norm = "batch"
    ) -> None:
        super().__init__()
        name = "UnshuffleEncoder"
        check_at_least(name, 1, in_channels=in_channels, out_channels=out_channels, factor=factor)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.size_multiple = factor
        self.conv = nn.Conv2d(in_channels, out_channels, factor, stride=factor)
        self.norm = make_norm(norm, out_channels)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return features (B, out_channels, H / f, W / f) of x (B, in_channels, H, W).

        Raises:
            TypeError: x is not a floating-point tensor.
            ValueError: the shape does not fit, or f does not divide H and W.
        """
        check_maps("UnshuffleEncoder", x, self.in_channels)
        check_size(x, self.size_multiple, "UnshuffleEncoder", "encoder")
        # on CPUs the strided kernel is three times as fast in this layout; estimates count the copy
        if x.device.type in ("cpu", "meta"):
            x = x.contiguous(memory_format=torch.channels_last)
        features: Tensor = self.activation(self.norm(self.conv(x)))
        return features


FrameEncoder: TypeAlias = Encoder | UnshuffleEncoder
"""An encoder of a `CompositeGenerator`."""
