"""Helpers for training loops: adversarial steps, frozen modules, averaged weights."""

from vidgan.training.adversarial import AdversarialTerms, adversarial_step
from vidgan.training.averaging import AveragedModel, refresh_spectral_norm
from vidgan.training.freezing import frozen

__all__ = [
    "AdversarialTerms",
    "AveragedModel",
    "adversarial_step",
    "frozen",
    "refresh_spectral_norm",
]
