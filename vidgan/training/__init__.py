"""Helpers for training loops: adversarial steps, schedules, frozen and averaged weights."""

from vidgan.training.adversarial import AdversarialTerms, adversarial_step
from vidgan.training.averaging import AveragedModel, refresh_spectral_norm
from vidgan.training.freezing import frozen
from vidgan.training.graceful_stop import GracefulStop
from vidgan.training.gradient_normalizer import GradientNormalizer
from vidgan.training.nonfinite import NonFiniteGuard
from vidgan.training.schedule import LossSchedule
from vidgan.training.scheduled_sampling import ScheduledSampling

__all__ = [
    "AdversarialTerms",
    "AveragedModel",
    "GracefulStop",
    "GradientNormalizer",
    "LossSchedule",
    "NonFiniteGuard",
    "ScheduledSampling",
    "adversarial_step",
    "frozen",
    "refresh_spectral_norm",
]
