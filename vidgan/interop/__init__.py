"""Weights in the key layout of the released networks."""

from vidgan.interop.released import discriminator_state_dict, generator_state_dict

__all__ = ["discriminator_state_dict", "generator_state_dict"]
