"""First convolutions that look one-hot condition maps up in a table."""

from __future__ import annotations

import torch
from torch import nn

from vidgan.generators.composite_generator import CompositeGenerator
from vidgan.generators.encoder import Encoder
from vidgan.layers import OneHotConv2d


def use_one_hot_stems(generator: nn.Module, num_classes: int) -> nn.Module:
    """Make frame generators faster whose condition maps begin with one-hot class maps, in place.

    The first convolution of every encoder of conditions becomes an `OneHotConv2d` with the very
    same parameters: results, gradients and state dict stay as they are, and other conditions, such
    as those of coarser scales, are convolved as before.

    Args:
        generator: a `CompositeGenerator`, or any module that contains some, such as a
            `CoarseToFineGenerator`.
        num_classes: how many of the condition maps of a frame are the one-hot maps, the first ones;
            others may follow, such as edges of instances.

    Returns:
        The same generator.

    Raises:
        ValueError: there are fewer condition maps than classes, or num_classes is below 1.

    Example:
        >>> from vidgan.models import composite_generator
        >>> generator = composite_generator(36, base_channels=8, num_downsamplings=2, num_blocks=2)
        >>> type(use_one_hot_stems(generator, 35).condition_encoder.stem.conv).__name__
        'OneHotConv2d'
    """
    for part in generator.modules():
        if not isinstance(part, CompositeGenerator):
            continue
        encoders: list[object] = [part.condition_encoder]
        if part.foreground is not None:
            encoders.append(part.foreground.encoder)
        for encoder in encoders:
            if not isinstance(encoder, Encoder):
                continue  # an `UnshuffleEncoder` has no convolution at full size
            encoder.stem.conv = _with_table(encoder.stem.conv, part.past_frames + 1, num_classes)
    return generator


def _with_table(conv: nn.Conv2d, num_groups: int, num_classes: int) -> OneHotConv2d:
    channels, size = (conv.in_channels, conv.out_channels), conv.kernel_size[0]
    with torch.device("meta"):  # without drawing weights
        replaced = OneHotConv2d(*channels, size, num_groups=num_groups, num_classes=num_classes)
    replaced.weight, replaced.bias = conv.weight, conv.bias
    return replaced.train(conv.training)
