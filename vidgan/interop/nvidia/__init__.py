"""The released networks of vid2vid: built from their weights alone, and written back.

No weights are included; the released ones keep their license, which is non-commercial.
"""

from vidgan.interop.nvidia.discriminators import load_discriminator
from vidgan.interop.nvidia.generators import load_generator
from vidgan.interop.nvidia.single_image import load_image_generator, load_instance_encoder
from vidgan.interop.nvidia.sources import Source
from vidgan.interop.nvidia.writing import to_state_dicts

__all__ = [
    "Source",
    "load_discriminator",
    "load_generator",
    "load_image_generator",
    "load_instance_encoder",
    "to_state_dicts",
]
