"""Styles of instances for multimodal synthesis: collected, fitted per class, sampled."""

from vidgan.styles.collect import collect_features, majority_classes
from vidgan.styles.mixture import GaussianMixture, fit_mixture, sample_mixture
from vidgan.styles.style_bank import StyleBank

__all__ = [
    "GaussianMixture",
    "StyleBank",
    "collect_features",
    "fit_mixture",
    "majority_classes",
    "sample_mixture",
]
