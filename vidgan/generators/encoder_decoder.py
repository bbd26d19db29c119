"""An encoder with its decoder: one scale of a single-image network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vidgan.generators._parts import check_equal
from vidgan.generators.decoder import Decoder
from vidgan.generators.encoder import Encoder

_NAME = "EncoderDecoder"


class EncoderDecoder(nn.Module):
    """One scale of a single-image network, without its last convolution.

    Either the global network G1 of pix2pixHD (Wang et al., CVPR 2018,
    `arXiv:1711.11585 <https://arxiv.org/abs/1711.11585>`__, Sec. 3.2), or a local enhancer G2,
    which adds the features of the coarser scale to its encoded input.

    Args:
        encoder: encodes the input and, stacked behind it, the decoder's feature map, if any.
        decoder: from encoded to full-size features.

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
        width, factor = encoder.out_channels, encoder.size_multiple
        got, upsampled = decoder.in_channels, 2**decoder.num_upsamplings
        why = " as encoder.size_multiple"
        check_equal(_NAME, "decoder.in_channels", got, width, " as encoder.out_channels")
        check_equal(_NAME, "2**decoder.num_upsamplings", upsampled, factor, why)
        if encoder.in_channels <= decoder.feature_channels:
            least = f"decoder.feature_channels = {decoder.feature_channels}"
            rule = f"more than {least}, which are stacked behind the input"
            got = encoder.in_channels
            raise ValueError(f"{_NAME}: encoder.in_channels must be {rule}, got {got}")
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
        # the encoder sees z at full size, the decoder again at the smallest: see `Decoder`
        encoded = self.encoder(x if features is None else torch.cat([x, features], 1))
        if coarser is not None:
            # an enhancer halves its input once, to the size of the coarser scale's input and
            # features: (B, 2g, H/2, W/2) both, summed element by element (pix2pixHD, Sec. 3.2)
            encoded = encoded + coarser
        out: Tensor = self.decoder(encoded, features)
        return out
