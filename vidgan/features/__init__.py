"""Perceptual feature networks: frozen, always in eval mode, RGB in [-1, 1]."""

from vidgan.features.alexnet import AlexNetFeatures
from vidgan.features.blur_pool import BlurPool, ConvBlurPool
from vidgan.features.lpips import LPIPS, LPIPSNetwork
from vidgan.features.shift_tolerant_lpips import ShiftTolerantLPIPS
from vidgan.features.stlpips import stlpips_weights
from vidgan.features.vgg16 import VGG16Features
from vidgan.features.vgg19 import VGG19_LAYER_WEIGHTS, VGG19_LAYERS, VGG19Features

__all__ = [
    "LPIPS",
    "VGG19_LAYERS",
    "VGG19_LAYER_WEIGHTS",
    "AlexNetFeatures",
    "BlurPool",
    "ConvBlurPool",
    "LPIPSNetwork",
    "ShiftTolerantLPIPS",
    "VGG16Features",
    "VGG19Features",
    "stlpips_weights",
]
