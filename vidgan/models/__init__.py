"""Builders: from widths to the published networks, wired from vidgan's parts."""

from vidgan.models.discriminators import multiscale_discriminator
from vidgan.models.generators import composite_generator

__all__ = ["composite_generator", "multiscale_discriminator"]
