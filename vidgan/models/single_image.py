"""Builders of the single-image networks of pix2pixHD, which vid2vid uses alongside its own."""

from __future__ import annotations

from vidgan._checks import check_at_least
from vidgan.generators import (
    Decoder,
    Encoder,
    EncoderDecoder,
    ImageHead,
    InstanceEncoder,
    SingleImageGenerator,
)
from vidgan.layers import Norm, Upsampling, init_weights
from vidgan.models._record import recorded

_MAX_CHANNELS = 1024  # the published widths stop doubling there


@recorded
def global_generator(
    condition_channels: int,
    *,
    image_channels: int = 3,
    feature_channels: int = 0,
    base_channels: int = 64,
    num_downsamplings: int = 4,
    num_blocks: int = 9,
    norm: Norm = "instance",
    upsampling: Upsampling = "transposed",
) -> SingleImageGenerator:
    """Build the global generator of pix2pixHD, with weights initialized by `init_weights`.

    The defaults are the published widths (Wang et al., CVPR 2018,
    `arXiv:1711.11585 <https://arxiv.org/abs/1711.11585>`__, Appendix).

    Args:
        condition_channels: channels C of the condition maps.
        image_channels: channels of the image.
        feature_channels: channels F of the feature map, 0 for a generator without.
        base_channels: width g of the first layer; it doubles up to 1024.
        num_downsamplings: d; height and width must be multiples of 2**d.
        num_blocks: residual blocks n.
        norm: see `vidgan.layers.make_norm`; the released models use ``"batch"`` or
            ``"instance_tracked"``.
        upsampling: ``"transposed"`` as published, or ``"resize"``.

    Returns:
        The generator, in train mode.

    Raises:
        ValueError: a count is out of range or a choice is unknown.

    Example:
        >>> generator = global_generator(15, base_channels=8, num_downsamplings=2, num_blocks=2)
        >>> sum(weight.numel() for weight in generator.parameters())
        55651
    """
    name = "global_generator"
    check_at_least(name, 1, condition_channels=condition_channels, image_channels=image_channels)
    check_at_least(name, 0, feature_channels=feature_channels)
    scale = _scale(
        condition_channels,
        feature_channels,
        base_channels,
        num_downsamplings=num_downsamplings,
        num_blocks=num_blocks,
        norm=norm,
        upsampling=upsampling,
    )
    generator = SingleImageGenerator(
        [scale], ImageHead(base_channels + feature_channels, image_channels)
    )
    init_weights(generator)
    return generator


@recorded
def local_enhancer(
    condition_channels: int,
    *,
    image_channels: int = 3,
    feature_channels: int = 0,
    base_channels: int = 32,
    num_downsamplings: int = 4,
    num_blocks: int = 9,
    num_enhancers: int = 1,
    num_enhancer_blocks: int = 3,
    norm: Norm = "instance",
    upsampling: Upsampling = "transposed",
) -> SingleImageGenerator:
    """Build a global generator with local enhancers, with weights initialized by `init_weights`.

    The defaults are the published widths (Wang et al., CVPR 2018,
    `arXiv:1711.11585 <https://arxiv.org/abs/1711.11585>`__, Appendix): a global network of width
    64 at half the size, and one enhancer of width 32.

    Args:
        condition_channels: channels C of the condition maps.
        image_channels: channels of the image.
        feature_channels: channels F of the feature map, 0 for a generator without. It enters
            every scale in the same way.
        base_channels: width g of the finest enhancer; each coarser scale is twice as wide.
        num_downsamplings: d of the global network; height and width must be multiples of
            2**(d + num_enhancers).
        num_blocks: residual blocks n of the global network.
        num_enhancers: scales finer than the global network, 1 as published.
        num_enhancer_blocks: residual blocks of each.
        norm: see `vidgan.layers.make_norm`; the released models use ``"batch"`` or
            ``"instance_tracked"``.
        upsampling: ``"transposed"`` as published, or ``"resize"``.

    Returns:
        The generator, in train mode.

    Raises:
        ValueError: a count is out of range or a choice is unknown.

    Example:
        >>> generator = local_enhancer(15, base_channels=4, num_downsamplings=2, num_blocks=2)
        >>> len(generator.scales), generator.size_multiple
        (2, 8)
    """
    name = "local_enhancer"
    check_at_least(name, 1, condition_channels=condition_channels, image_channels=image_channels)
    check_at_least(name, 0, feature_channels=feature_channels)
    check_at_least(name, 1, num_enhancers=num_enhancers)
    scales = [
        _scale(
            condition_channels,
            feature_channels,
            base_channels * 2**i,
            num_downsamplings=num_downsamplings if i == num_enhancers else 1,
            num_blocks=num_blocks if i == num_enhancers else num_enhancer_blocks,
            norm=norm,
            upsampling=upsampling,
        )
        for i in range(num_enhancers + 1)
    ]
    generator = SingleImageGenerator(
        scales, ImageHead(base_channels + feature_channels, image_channels)
    )
    init_weights(generator)
    return generator


@recorded
def instance_encoder(
    image_channels: int = 3,
    *,
    feature_channels: int = 3,
    base_channels: int = 16,
    num_downsamplings: int = 4,
    norm: Norm = "instance",
    upsampling: Upsampling = "transposed",
) -> InstanceEncoder:
    """Build the feature encoder E of pix2pixHD and vid2vid, initialized by `init_weights`.

    The defaults are the published widths (Wang et al., CVPR 2018,
    `arXiv:1711.11585 <https://arxiv.org/abs/1711.11585>`__, Appendix).

    Args:
        image_channels: channels of the image.
        feature_channels: channels F of the feature map.
        base_channels: width g of the first layer; it doubles up to 1024.
        num_downsamplings: d; height and width must be multiples of 2**d.
        norm: see `vidgan.layers.make_norm`; the released models use ``"batch"`` or
            ``"instance_tracked"``.
        upsampling: ``"transposed"`` as published, or ``"resize"``.

    Returns:
        The encoder, in train mode.

    Raises:
        ValueError: a count is out of range or a choice is unknown.

    Example:
        >>> instance_encoder(base_channels=8, num_downsamplings=2).feature_channels
        3
    """
    name = "instance_encoder"
    check_at_least(name, 1, image_channels=image_channels, feature_channels=feature_channels)
    network = _scale(
        image_channels,
        0,
        base_channels,
        num_downsamplings=num_downsamplings,
        num_blocks=0,
        norm=norm,
        upsampling=upsampling,
    )
    encoder = InstanceEncoder(network, ImageHead(base_channels, feature_channels))
    init_weights(encoder)
    return encoder


def _scale(
    in_channels: int,
    feature_channels: int,
    base_channels: int,
    *,
    num_downsamplings: int,
    num_blocks: int,
    norm: Norm,
    upsampling: Upsampling,
) -> EncoderDecoder:
    encoder = Encoder(
        in_channels + feature_channels,
        base_channels,
        num_downsamplings=num_downsamplings,
        num_blocks=0,
        norm=norm,
        max_channels=_MAX_CHANNELS,
    )
    decoder = Decoder(
        base_channels,
        num_upsamplings=num_downsamplings,
        num_blocks=num_blocks,
        norm=norm,
        upsampling=upsampling,
        feature_channels=feature_channels,
        max_channels=_MAX_CHANNELS,
    )
    return EncoderDecoder(encoder, decoder)
