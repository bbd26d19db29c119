"""Multi-scale patch discriminators of images (D_I) and of videos (D_V)."""

from vidgan.discriminators.image import ImageDiscriminator
from vidgan.discriminators.multiscale import MultiscaleDiscriminator
from vidgan.discriminators.patch import PatchDiscriminator
from vidgan.discriminators.region import RegionDiscriminator
from vidgan.discriminators.video import VideoDiscriminator

__all__ = [
    "ImageDiscriminator",
    "MultiscaleDiscriminator",
    "PatchDiscriminator",
    "RegionDiscriminator",
    "VideoDiscriminator",
]
