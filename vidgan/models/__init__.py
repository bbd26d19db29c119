"""Builders of the published networks from their widths."""

from vidgan.models.coarse_to_fine import coarse_to_fine_generator
from vidgan.models.discriminators import multiscale_discriminator, multiscale_discriminator_3d
from vidgan.models.fast import fast_generator
from vidgan.models.generators import composite_generator
from vidgan.models.single_image import global_generator, instance_encoder, local_enhancer
from vidgan.models.spade import spade_generator

__all__ = [
    "coarse_to_fine_generator",
    "composite_generator",
    "fast_generator",
    "global_generator",
    "instance_encoder",
    "local_enhancer",
    "multiscale_discriminator",
    "multiscale_discriminator_3d",
    "spade_generator",
]
