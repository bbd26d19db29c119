"""Metrics of generated videos, as ``torchmetrics.Metric``; needs the extra ``metrics``.

They are updated batch by batch, merged over processes, and computed at the end. The functions below
them stand in ``vidgan.functional``.
"""

from vidgan.metrics.curves import ColorDrift, Flicker, IdentityDrift
from vidgan.metrics.extractor import NamedExtractor
from vidgan.metrics.frechet_distance import FrechetDistance
from vidgan.metrics.i3d import I3DVariant, i3d_extractor
from vidgan.metrics.image_quality import PSNR, SSIM, PerceptualDistance
from vidgan.metrics.kernel_distance import KernelDistance
from vidgan.metrics.temporal import TLP, TOF, WarpingError

__all__ = [
    "PSNR",
    "SSIM",
    "TLP",
    "TOF",
    "ColorDrift",
    "Flicker",
    "FrechetDistance",
    "I3DVariant",
    "IdentityDrift",
    "KernelDistance",
    "NamedExtractor",
    "PerceptualDistance",
    "WarpingError",
    "i3d_extractor",
]
