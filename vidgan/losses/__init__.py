"""Losses as modules, which store the options of the functions they call, and their step."""

from vidgan.losses.adversarial import AdversarialLoss
from vidgan.losses.flow import FlowLoss, TemporalLoss, WarpLoss
from vidgan.losses.lecam import LeCamLoss
from vidgan.losses.matching import FeatureMatchingLoss
from vidgan.losses.penalties import FiniteDifferencePenalty, GradientPenalty
from vidgan.losses.perceptual import PerceptualLoss
from vidgan.losses.video_step import video_adversarial_step

__all__ = [
    "AdversarialLoss",
    "FeatureMatchingLoss",
    "FiniteDifferencePenalty",
    "FlowLoss",
    "GradientPenalty",
    "LeCamLoss",
    "PerceptualLoss",
    "TemporalLoss",
    "WarpLoss",
    "video_adversarial_step",
]
