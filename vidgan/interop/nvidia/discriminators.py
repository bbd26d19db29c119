"""The released discriminators."""

from __future__ import annotations

from vidgan.discriminators import MultiscaleDiscriminator
from vidgan.interop.nvidia.layouts import discriminator_layouts
from vidgan.interop.nvidia.sources import Released, Source, build
from vidgan.models import multiscale_discriminator


def load_discriminator(state_dict: Source) -> MultiscaleDiscriminator:
    """Build a released multi-scale discriminator, of images or videos, from its weights.

    Channels, width, scales, layers and norm follow from the names and shapes of the weights. The
    scale of the largest number there sees the finest input; it is the first one here.

    Args:
        state_dict: a state dict, or a file (``netD``, or that of a temporal rate).

    Returns:
        What `vidgan.models.multiscale_discriminator` builds: on the CPU, in eval mode. It sees
        stacked channels; `vidgan.discriminators.ImageDiscriminator` and `VideoDiscriminator` stack
        them in the released order.

    Raises:
        FileNotFoundError: there is no such file.
        TypeError: it is neither a state dict nor a path.
        ValueError: the file is damaged, or the weights are not those of such a discriminator.

    Example:
        >>> from vidgan.interop.nvidia import to_state_dicts
        >>> from vidgan.models import multiscale_discriminator
        >>> (released,) = to_state_dicts(multiscale_discriminator(9, base_channels=8))
        >>> load_discriminator(released).in_channels
        9
    """
    weights = Released(state_dict, "load_discriminator", "a released discriminator")
    num_scales = weights.count(r"scale(\d+)_layer\d+\.")
    num_layers = weights.count(r"scale0_layer(\d+)\.") - 2  # but a layer of stride 1, and the last
    finest = f"scale{max(num_scales - 1, 0)}_layer0.0.weight"
    options = {
        "in_channels": weights.shape(finest, 1),
        "base_channels": weights.shape(finest, 0),
        "num_scales": num_scales,
        "num_layers": num_layers,
        "norm": weights.norm,
    }
    return build(multiscale_discriminator, options, [weights], discriminator_layouts)
