"""An encoder with its decoder: one scale of a single-image network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vidgan.generators.decoder import Decoder
from vidgan.generators.encoder import Encoder

_NAME = "EncoderDecoder"


class EncoderDecoder(nn.Module):
    """One scale of a single-image network, without its last convolution.

    The global network G1 of pix2pixHD (Wang et al., CVPR 2018, arXiv:1711.11585, Sec. 3.2), or a
    local enhancer G2, which adds the coarser scale's features to what it has encoded.

    Args:
        encoder: encodes the input and, stacked behind it, the decoder's feature map, if any.
        decoder: from the encoded to full-size features.

    Raises:
        ValueError: the decoder does not fit the encoder.

    Example:
        >>> scale = EncoderDecoder(
        ...     Encoder(5, 8, num_downsamplings=2, num_blocks=0),
        ...     Decoder(8, num_upsamplings=2, num_blocks=1),
        ... )
        >>> scale(torch.zeros(1, 5, 32, 48)).shape
        torch.Size([1, 8, 32, 48])
    """

    def __init__(self, encoder: Encoder, decoder: Decoder) -> None:
        super().__init__()
        if decoder.in_channels != encoder.out_channels:
            raise ValueError(
                f"{_NAME}: decoder.in_channels must be {encoder.out_channels} as "
                f"encoder.out_channels, got {decoder.in_channels}"
            )
        if 2**decoder.num_upsamplings != encoder.size_multiple:
            raise ValueError(
                f"{_NAME}: 2**decoder.num_upsamplings must be {encoder.size_multiple} as "
                f"encoder.size_multiple, got {2**decoder.num_upsamplings}"
            )
        if encoder.in_channels <= decoder.feature_channels:
            raise ValueError(
                f"{_NAME}: encoder.in_channels must be more than decoder.feature_channels = "
                f"{decoder.feature_channels}, which are stacked behind the input, got "
                f"{encoder.in_channels}"
            )
        self.in_channels = encoder.in_channels - decoder.feature_channels
        self.feature_channels = decoder.feature_channels
        self.out_channels = decoder.out_channels
        self.size_multiple = encoder.size_multiple
        self.encoder = encoder
        self.decoder = decoder

    def forward(
        self, x: Tensor, features: Tensor | None = None, *, coarser: Tensor | None = None
    ) -> Tensor:
        """Return features (B, out_channels, H, W) of x.

        Args:
            x: (B, in_channels, H, W).
            features: the feature map z, (B, F, H, W); None exactly where feature_channels is 0.
            coarser: what the coarser scale returned, in the shape of the encoded features, or
                None.
        """
        encoded = self.encoder(x if features is None else torch.cat([x, features], 1))
        if coarser is not None:
            encoded = encoded + coarser
        out: Tensor = self.decoder(encoded, features)
        return out
