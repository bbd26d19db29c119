"""The decoder of every generator, with an optional feature map."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from vidgan._checks import check_at_least, check_maps
from vidgan.functional import average_pyramid
from vidgan.generators._widths import doubled_widths
from vidgan.layers import ConditionalSequential, Norm, ResidualBlock, UpBlock, Upsampling


class Decoder(nn.Module):
    """Residual blocks, then upsamplings back to ``base_channels``, with an optional feature map.

    Serves as the trunk of an `ImageBranch` or a `FlowBranch`, and as the second half of an
    `EncoderDecoder`. It decodes the features of an `Encoder` of the same base_channels, number of
    downsamplings and max_channels.

    The feature map z of an `InstanceEncoder` (Wang et al., CVPR 2018,
    `arXiv:1711.11585 <https://arxiv.org/abs/1711.11585>`__, Sec. 3.4), if there is one, is
    average-pooled to the size of the blocks and concatenated to their input and to their output,
    as in the released networks.

    Args:
        base_channels: width g of the output.
        num_upsamplings: how often the size is doubled, d; at least 1 with a feature map.
        num_blocks: residual blocks at the smallest size.
        norm: see `make_norm`.
        upsampling: see `UpBlock`.
        feature_channels: channels F of the feature map, 0 for none.
        max_channels: largest width of the encoded features, or None for no limit.

    Raises:
        ValueError: a count is out of range, a choice is unknown, or base_channels is over
            max_channels.

    Example:
        >>> decoder = Decoder(8, num_upsamplings=2, num_blocks=1)
        >>> decoder(torch.zeros(1, 32, 8, 12)).shape
        torch.Size([1, 8, 32, 48])
        >>> decoder = Decoder(8, num_upsamplings=2, num_blocks=1, feature_channels=3)
        >>> decoder(torch.zeros(1, 32, 8, 12), torch.zeros(1, 3, 32, 48)).shape
        torch.Size([1, 8, 32, 48])
    """

    def __init__(
        self,
        base_channels: int = 64,
        *,
        num_upsamplings: int = 4,
        num_blocks: int = 9,
        norm: Norm = "batch",
        upsampling: Upsampling = "transposed",
        feature_channels: int = 0,
        max_channels: int | None = None,
    ) -> None:
        super().__init__()
        check_at_least("Decoder", 1, base_channels=base_channels)
        check_at_least("Decoder", 0, num_blocks=num_blocks, feature_channels=feature_channels)
        check_at_least("Decoder", min(feature_channels, 1), num_upsamplings=num_upsamplings)
        widths = doubled_widths(base_channels, num_upsamplings, max_channels, "Decoder")[::-1]
        self.in_channels, self.out_channels = widths[0], base_channels
        self.feature_channels = feature_channels
        self.num_upsamplings = num_upsamplings
        self.blocks = ConditionalSequential(
            *(ResidualBlock(widths[0] + feature_channels, norm=norm) for _ in range(num_blocks))
        )
        # the blocks keep z in their width, and the first upsampling reads it once more
        inputs = [widths[0] + 2 * feature_channels, *widths[1:]]
        self.ups = ConditionalSequential(
            *(
                UpBlock(width, narrower, upsampling=upsampling, norm=norm)
                for width, (_, narrower) in zip(inputs, pairwise(widths), strict=False)
            )
        )

    def forward(
        self, encoded: Tensor, features: Tensor | None = None, *, condition: Any = None
    ) -> Tensor:
        """Return features (B, g, H, W).

        Args:
            encoded: (B, in_channels, H / 2**d, W / 2**d).
            features: z, (B, F, H, W); None exactly where feature_channels is 0.
            condition: given to every norm that takes one; see `ConditionalNorm`.
        """
        check_maps("Decoder", encoded, self.in_channels, argument="encoded")
        if features is None:
            out: Tensor = self.ups(self.blocks(encoded, condition), condition)
            return out
        # z comes at full size, the blocks work at the smallest
        pooled = average_pyramid(features, self.num_upsamplings + 1)[-1]  # (B, F, H/2**d, W/2**d)
        inner = self.blocks(torch.cat([encoded, pooled], 1), condition)
        # again behind the blocks, so that the upsamplings read z unmixed: where it enters is left
        # open by the paper, and follows the released networks
        out = self.ups(torch.cat([inner, pooled], 1), condition)
        return out
