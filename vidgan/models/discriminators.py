"""Builders of discriminators."""

from __future__ import annotations

from vidgan._checks import check_at_least
from vidgan.discriminators import (
    MultiscaleDiscriminator,
    MultiscaleDiscriminator3d,
    PatchDiscriminator,
    PatchDiscriminator3d,
)
from vidgan.layers import Norm, init_weights
from vidgan.models._record import recorded


@recorded
def multiscale_discriminator(
    in_channels: int,
    *,
    base_channels: int = 64,
    num_scales: int = 2,
    num_layers: int = 3,
    norm: Norm = "batch",
    spectral_norm: bool = False,
) -> MultiscaleDiscriminator:
    """Build the multi-scale PatchGAN of pix2pixHD and vid2vid, initialized by `init_weights`.

    Wang et al., CVPR 2018, `arXiv:1711.11585 <https://arxiv.org/abs/1711.11585>`__, Sec. 3.2.

    The finest scale has width ``base_channels``, each coarser one twice that of the next finer
    one, at most 64 (or ``base_channels``, if that is more), as released.

    Args:
        in_channels: channels of the stacked input.
        base_channels: width of the first layer of the finest scale.
        num_scales: number of patch discriminators.
        num_layers: strided layers N of each.
        norm: see `vidgan.layers.make_norm`.
        spectral_norm: normalize every convolution by its largest singular value.

    Returns:
        The discriminator, in train mode.

    Raises:
        ValueError: a count is below 1, or a choice is unknown.

    Example:
        >>> import torch
        >>> discriminator = multiscale_discriminator(9, base_channels=8, num_scales=2)
        >>> [tuple(o.logits.shape) for o in discriminator(torch.zeros(1, 9, 64, 96))]
        [(1, 1, 11, 15), (1, 1, 7, 9)]
    """
    check_at_least("multiscale_discriminator", 1, num_scales=num_scales)
    widest = max(64, base_channels)
    discriminator = MultiscaleDiscriminator(
        [
            PatchDiscriminator(
                in_channels,
                min(widest, base_channels * 2**scale),
                num_layers=num_layers,
                norm=norm,
                spectral_norm=spectral_norm,
            )
            for scale in range(num_scales)
        ]
    )
    init_weights(discriminator)
    return discriminator


@recorded
def multiscale_discriminator_3d(
    in_channels: int,
    *,
    base_channels: int = 64,
    num_scales: int = 2,
    num_layers: int = 3,
    num_time_strides: int = 2,
    pool_time: bool = False,
    causal: bool = False,
    norm: Norm = "group",
    spectral_norm: bool = False,
) -> MultiscaleDiscriminator3d:
    """Build a multi-scale patch discriminator of clips, initialized by `init_weights`.

    `vidgan.discriminators.PatchDiscriminator3d` on the levels of a pyramid. With one scale, it is
    of the kind that trains video autoencoders (Open-Sora Team 2025, `arXiv:2503.09642
    <https://arxiv.org/abs/2503.09642>`__), with a group norm in place of batch norm.

    Args:
        in_channels: channels of a frame.
        base_channels: width of the first layer of every scale.
        num_scales: number of patch discriminators.
        num_layers: strided layers N of each.
        num_time_strides: how many of them, first ones first, are strided in time.
        pool_time: halve the number of frames from scale to scale, too.
        causal: see `vidgan.discriminators.PatchDiscriminator3d`.
        norm: ``"group"``, ``"instance"``, ``"none"`` or a callable.
        spectral_norm: normalize every convolution by its largest singular value.

    Returns:
        The discriminator, in train mode.

    Raises:
        ValueError: a count is too small, or a choice is unknown.

    Example:
        >>> import torch
        >>> discriminator = multiscale_discriminator_3d(3, base_channels=8, pool_time=True)
        >>> [tuple(o.logits.shape) for o in discriminator(torch.zeros(1, 16, 3, 64, 96))]
        [(1, 4, 1, 8, 12), (1, 2, 1, 4, 6)]
    """
    check_at_least("multiscale_discriminator_3d", 1, num_scales=num_scales)
    scales = [
        PatchDiscriminator3d(
            in_channels,
            base_channels,
            num_layers=num_layers,
            num_time_strides=num_time_strides,
            causal=causal,
            norm=norm,
            spectral_norm=spectral_norm,
        )
        for _ in range(num_scales)
    ]
    discriminator = MultiscaleDiscriminator3d(scales, pool_time=pool_time)
    init_weights(discriminator)
    return discriminator
