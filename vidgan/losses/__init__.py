"""Losses as modules, which store the options of the functions they call."""

from vidgan.losses.adversarial import AdversarialLoss
from vidgan.losses.flow import FlowLoss, TemporalLoss, WarpLoss
from vidgan.losses.matching import FeatureMatchingLoss
from vidgan.losses.perceptual import PerceptualLoss

__all__ = [
    "AdversarialLoss",
    "FeatureMatchingLoss",
    "FlowLoss",
    "PerceptualLoss",
    "TemporalLoss",
    "WarpLoss",
]
