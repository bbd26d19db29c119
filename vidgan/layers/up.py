"""Upsampling by two."""

from __future__ import annotations

from typing import Any, Literal, get_args

from torch import Tensor, nn

from vidgan._checks import check_choice, check_maps
from vidgan.layers.conditional import apply_norm
from vidgan.layers.norm import Norm, make_norm
from vidgan.layers.reflect_conv import ReflectConv2d

Upsampling = Literal["transposed", "resize", "shuffle"]
"""How an `UpBlock` doubles the size: transposed convolution, nearest-neighbor resizing or
pixel-shuffle."""


class UpBlock(nn.Module):
    r"""Upsampling by two, normalization and ReLU.

    .. math:: y = \operatorname{ReLU}(\operatorname{norm}(\operatorname{up}(x)))

    ``"transposed"`` is the published transposed convolution, which leaves checkerboard artifacts
    after short training. ``"resize"`` repeats every pixel and convolves, which avoids them (Odena
    et al. 2016, "Deconvolution and Checkerboard Artifacts"). ``"shuffle"`` convolves to four times
    the channels and shuffles them into pixels (Shi et al. 2016, `arXiv:1609.05158
    <https://arxiv.org/abs/1609.05158>`__): as many operations as ``"resize"``, in a layer of a
    quarter of the size, for maps of 2x2 pixels or more.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        upsampling: ``"transposed"``, ``"resize"`` or ``"shuffle"``.
        norm: see `make_norm`.

    Raises:
        ValueError: if ``upsampling`` or ``norm`` is unknown.

    Example:
        >>> import torch
        >>> UpBlock(8, 4, upsampling="resize")(torch.zeros(1, 8, 6, 10)).shape
        torch.Size([1, 4, 12, 20])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        upsampling: Upsampling = "transposed",
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        check_choice(upsampling, get_args(Upsampling), "UpBlock", "upsampling")
        self.in_channels = in_channels
        self.resize: nn.Module
        self.conv: nn.Module
        self.shuffle: nn.Module = nn.Identity()
        if upsampling == "transposed":
            self.resize = nn.Identity()
            self.conv = nn.ConvTranspose2d(
                in_channels, out_channels, 3, stride=2, padding=1, output_padding=1
            )
        elif upsampling == "resize":
            self.resize = nn.Upsample(scale_factor=2, mode="nearest")
            self.conv = ReflectConv2d(in_channels, out_channels, 3)
        else:
            self.resize = nn.Identity()
            self.conv = ReflectConv2d(in_channels, 4 * out_channels, 3)
            self.shuffle = nn.PixelShuffle(2)
        self.norm = make_norm(norm, out_channels)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor, condition: Any = None) -> Tensor:
        """Map x (B, in_channels, H, W) to (B, out_channels, 2H, 2W).

        A norm that takes a condition, see `ConditionalNorm`, gets ``condition``.
        """
        check_maps("UpBlock", x, self.in_channels)
        larger = self.shuffle(self.conv(self.resize(x)))
        out: Tensor = self.activation(apply_norm(self.norm, larger, condition))
        return out
