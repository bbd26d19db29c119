"""Layers of the networks: convolution, normalization, residual and upsampling blocks."""

from vidgan.layers.conv import ConvBlock
from vidgan.layers.init import init_weights
from vidgan.layers.norm import InstanceNorm, Norm, make_norm
from vidgan.layers.residual import ResidualBlock
from vidgan.layers.up import UpBlock, Upsampling

__all__ = [
    "ConvBlock",
    "InstanceNorm",
    "Norm",
    "ResidualBlock",
    "UpBlock",
    "Upsampling",
    "init_weights",
    "make_norm",
]
