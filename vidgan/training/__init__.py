"""Helpers for training loops: frozen modules and averaged weights."""

from vidgan.training.averaging import AveragedModel, refresh_spectral_norm
from vidgan.training.freezing import frozen

__all__ = ["AveragedModel", "frozen", "refresh_spectral_norm"]
