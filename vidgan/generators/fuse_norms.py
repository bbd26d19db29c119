"""Norms with running statistics as a part of the convolutions before them."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torch.nn.utils.parametrize import is_parametrized

from vidgan.generators.unshuffle_encoder import UnshuffleEncoder
from vidgan.layers import (
    ConvBlock,
    ResidualBlock,
    SeparableResidualBlock,
    TrackedInstanceNorm,
    UpBlock,
)

_ONE = (ConvBlock, UpBlock, UnshuffleEncoder)
_TWO = (ResidualBlock, SeparableResidualBlock)


def fuse_norms(network: nn.Module) -> nn.Module:
    r"""Fuse norms that use running statistics into the convolutions before them, in place.

    .. math:: \gamma \, \frac{W x + b - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta
        = W' x + b', \qquad
        W' = \frac{\gamma W}{\sqrt{\sigma^2 + \epsilon}}, \quad
        b' = \gamma \, \frac{b - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

    For inference: batch norms and `TrackedInstanceNorm` in eval mode are such maps, and a
    convolution that computes them saves a pass over the features. Up to rounding, the results stay
    as they are. Other norms, norms of convolutions with a parametrized weight (as by a spectral
    norm), and blocks other than vidgan's stay as they are. The fused network has another state
    dict, and is not trained any more. From ``torch.nn.utils.fusion``.

    Args:
        network: a generator or any module that contains `ConvBlock`, `ResidualBlock`,
            `SeparableResidualBlock`, `UpBlock` or `UnshuffleEncoder`; in eval mode.

    Returns:
        The same network.

    Raises:
        ValueError: the network is in train mode.

    Example:
        >>> from vidgan.models import fast_generator
        >>> generator = fast_generator(4, base_channels=8, num_blocks=1, num_branch_blocks=1)
        >>> fuse_norms(generator.eval()).condition_encoder.norm
        Identity()
    """
    if network.training:
        raise ValueError("fuse_norms: network must be in eval mode, got train mode; call .eval()")
    for block in network.modules():
        if isinstance(block, _ONE):
            pixels = 4 if isinstance(getattr(block, "shuffle", None), nn.PixelShuffle) else 1
            block.norm = _fused(block.conv, block.norm, pixels)
        elif isinstance(block, _TWO):
            block.norm1 = _fused(block.conv1, block.norm1)
            block.norm2 = _fused(block.conv2, block.norm2)
    return network


def _fused(conv: nn.Module, norm: nn.Module, pixels: int = 1) -> nn.Module:
    """Change ``conv`` to compute ``norm`` too, where it can, and return the norm that is left.

    In between, ``pixels`` channels of ``conv`` are shuffled into one.
    """
    last = conv[-1] if isinstance(conv, nn.Sequential) else conv
    if not isinstance(norm, nn.BatchNorm2d | TrackedInstanceNorm) or norm.training:
        return norm
    mean, variance = norm.running_mean, norm.running_var
    if mean is None or variance is None or is_parametrized(last):
        return norm
    last = cast("nn.Conv2d | nn.ConvTranspose2d", last)
    transposed = isinstance(last, nn.ConvTranspose2d)
    affine = cast("tuple[Tensor | None, ...]", (norm.weight, norm.bias))
    weight, bias = (None if part is None else part.repeat_interleave(pixels) for part in affine)
    mean, variance = mean.repeat_interleave(pixels), variance.repeat_interleave(pixels)
    last.weight, last.bias = fuse_conv_bn_weights(
        last.weight, last.bias, mean, variance, norm.eps, weight, bias, transposed
    )
    return nn.Identity()
