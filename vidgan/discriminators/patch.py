"""The patch discriminator."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm as add_spectral_norm

from vidgan._checks import check_at_least, check_shapes
from vidgan.layers import InstanceNorm, Norm, make_norm
from vidgan.outputs import PatchOutput

_MAX_CHANNELS = 512


def check_patch_size(discriminator: nn.Module, x: Tensor, function: str, halvings: int) -> None:
    """Raise ValueError if a norm would normalize single values, which gives zeros.

    The 4x4 convolutions, padded by 2, keep 1 pixel and turn 2 or more into at least 2, so that
    only a 1x1 input gives a 1x1 map. An instance norm then has a single value per channel, a
    batch norm in train mode one per sample.

    Args:
        discriminator: a patch discriminator, or several.
        x: its input, (B, C, H, W).
        function: name of the caller, the first word of the message.
        halvings: how many times an average pyramid halves x before the discriminator.
    """
    batch, _, height, width = x.shape
    least = 2**halvings + 1
    if min(height, width) < 1:
        raise ValueError(f"{function}: x must have at least one pixel, got {height}x{width} (HxW)")
    if max(height, width) < least and _single(discriminator, batch):
        raise ValueError(
            f"{function}: x must be at least {least} pixels high or wide, got {height}x{width} "
            "(HxW): on smaller maps a norm sees a single value"
        )


def _single(discriminator: nn.Module, batch: int) -> bool:
    """Return whether some norm has a single value per channel where maps are 1x1."""
    return any(
        isinstance(norm, InstanceNorm)
        or (isinstance(norm, nn.GroupNorm) and norm.num_groups == norm.num_channels)
        or (isinstance(norm, nn.InstanceNorm2d) and norm.training)
        or (isinstance(norm, nn.BatchNorm2d) and norm.training and batch == 1)
        for norm in discriminator.modules()
    )


class PatchDiscriminator(nn.Module):
    """Patch discriminator: a score for each of many overlapping patches (PatchGAN).

    N strided 4x4 convolutions that double the channels (up to 512; the first without norm), one
    more of stride 1, each followed by LeakyReLU 0.2, then the logits (Isola et al. 2017,
    `arXiv:1611.07004 <https://arxiv.org/abs/1611.07004>`__). Every 4x4 convolution pads by 2, as in
    the released vid2vid networks, so that maps grow by one pixel where the stride is 1.

    Args:
        in_channels: channels of the input.
        base_channels: channels of the first layer.
        num_layers: N, the number of strided layers.
        norm: see `vidgan.layers.make_norm`.
        spectral_norm: normalize every convolution by its largest singular value (Miyato et al.
            2018, `arXiv:1802.05957 <https://arxiv.org/abs/1802.05957>`__).

    Raises:
        ValueError: if a count is below 1, or a choice is unknown.

    Example:
        >>> import torch
        >>> out = PatchDiscriminator(9, 8)(torch.zeros(1, 9, 64, 96))
        >>> out.logits.shape, len(out.features)
        (torch.Size([1, 1, 11, 15]), 4)
    """

    def __init__(
        self,
        in_channels: int,
        base_channels: int = 64,
        *,
        num_layers: int = 3,
        norm: Norm = "batch",
        spectral_norm: bool = False,
    ) -> None:
        super().__init__()
        counts = {"base_channels": base_channels, "num_layers": num_layers}
        check_at_least("PatchDiscriminator", 1, in_channels=in_channels, **counts)
        self.in_channels = in_channels
        self.num_layers = num_layers

        def conv(width_in: int, width_out: int, stride: int) -> nn.Module:
            layer = nn.Conv2d(width_in, width_out, 4, stride=stride, padding=2)
            return add_spectral_norm(layer) if spectral_norm else layer

        widths = [min(_MAX_CHANNELS, base_channels * 2**i) for i in range(num_layers + 1)]
        layers = [nn.Sequential(conv(in_channels, widths[0], 2), nn.LeakyReLU(0.2))]
        for index in range(1, num_layers + 1):
            stride = 2 if index < num_layers else 1
            layers.append(
                nn.Sequential(
                    conv(widths[index - 1], widths[index], stride),
                    make_norm(norm, widths[index]),
                    nn.LeakyReLU(0.2),
                )
            )
        self.layers = nn.ModuleList(layers)
        self.logits = conv(widths[num_layers], 1, 1)

    def forward(self, x: Tensor) -> PatchOutput:
        """Compute the patch logits of x and the features of every layer before them.

        Args:
            x: (B, in_channels, H, W). Height or width must be at least 2 where a norm would
                otherwise have a single value per channel.

        Returns:
            `PatchOutput` with logits (B, 1, h, w) and one feature map per layer.

        Raises:
            TypeError: if x is not a floating-point tensor.
            ValueError: if x has another number of dimensions or channels, or is too small.
        """
        check_shapes("PatchDiscriminator", x=(x, f"B {self.in_channels} H W"))
        check_patch_size(self, x, "PatchDiscriminator", halvings=0)
        features = []  # kept for the feature matching loss; each layer halves H and W but the last
        for layer in self.layers:
            x = layer(x)
            features.append(x)
        return PatchOutput(self.logits(x), tuple(features))
