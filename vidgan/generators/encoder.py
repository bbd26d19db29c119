"""The convolutional encoder of condition maps and of past frames."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from torch import Tensor, nn

from vidgan._checks import check_at_least, check_maps
from vidgan.generators._widths import doubled_widths
from vidgan.layers import ConditionalSequential, ConvBlock, Norm, ResidualBlock


class Encoder(nn.Module):
    """A 7x7 convolution, strided convolutions that double the width, then residual blocks.

    Encodes condition maps or past frames, both stacked in channels: the shared encoders of Wang
    et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__.

    Args:
        in_channels: channels of the stacked input.
        base_channels: width g of the first layer.
        num_downsamplings: how often the size is halved and the width doubled, d.
        num_blocks: residual blocks at the smallest size.
        norm: see `make_norm`.
        max_channels: where the width stops doubling, or None.

    Raises:
        ValueError: a count is out of range, ``norm`` is unknown, or base_channels is over
            max_channels.

    Example:
        >>> import torch
        >>> encoder = Encoder(9, 8, num_downsamplings=2, num_blocks=1)
        >>> encoder(torch.zeros(1, 9, 32, 48)).shape
        torch.Size([1, 32, 8, 12])
    """

    def __init__(
        self,
        in_channels: int,
        base_channels: int = 128,
        *,
        num_downsamplings: int = 3,
        num_blocks: int = 5,
        norm: Norm = "batch",
        max_channels: int | None = None,
    ) -> None:
        super().__init__()
        check_at_least("Encoder", 1, in_channels=in_channels, base_channels=base_channels)
        check_at_least("Encoder", 0, num_downsamplings=num_downsamplings, num_blocks=num_blocks)
        widths = doubled_widths(base_channels, num_downsamplings, max_channels, "Encoder")
        self.in_channels = in_channels
        self.out_channels = widths[-1]
        self.size_multiple = 2**num_downsamplings
        self.stem = ConvBlock(in_channels, base_channels, 7, padding_mode="reflect", norm=norm)
        self.downs = ConditionalSequential(
            *(ConvBlock(width, wider, 3, stride=2, norm=norm) for width, wider in pairwise(widths))
        )
        self.blocks = ConditionalSequential(
            *(ResidualBlock(self.out_channels, norm=norm) for _ in range(num_blocks))
        )

    def forward(self, x: Tensor, *, condition: Any = None) -> Tensor:
        """Return features (B, out_channels, H / 2**d, W / 2**d) of x (B, in_channels, H, W).

        Norms that take a condition, see `ConditionalNorm`, get ``condition``.
        """
        check_maps("Encoder", x, self.in_channels, least=4)
        full = self.stem(x, condition)  # (B, g, H, W)
        # the blocks work at the smallest size, where they see furthest and cost least
        features: Tensor = self.blocks(self.downs(full, condition), condition)
        return features
