"""Conversion of released weights to the key names of vidgan's networks."""

from vidgan.interop.released import discriminator_state_dict, generator_state_dict
from vidgan.interop.single_image import instance_encoder_state_dict, single_image_state_dict

__all__ = [
    "discriminator_state_dict",
    "generator_state_dict",
    "instance_encoder_state_dict",
    "single_image_state_dict",
]
