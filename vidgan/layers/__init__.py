"""Layers of the networks: convolution, normalization, residual and upsampling blocks."""

from vidgan.layers.conditional import ConditionalNorm, ConditionalSequential
from vidgan.layers.conv import ConvBlock
from vidgan.layers.init import init_weights
from vidgan.layers.norm import InstanceNorm, Norm, make_norm
from vidgan.layers.partial_conv import PartialConv2d
from vidgan.layers.residual import ResidualBlock
from vidgan.layers.spade import SPADE, GuidanceMap, MultiSPADE, PlainNorm
from vidgan.layers.up import UpBlock, Upsampling

__all__ = [
    "SPADE",
    "ConditionalNorm",
    "ConditionalSequential",
    "ConvBlock",
    "GuidanceMap",
    "InstanceNorm",
    "MultiSPADE",
    "Norm",
    "PartialConv2d",
    "PlainNorm",
    "ResidualBlock",
    "UpBlock",
    "Upsampling",
    "init_weights",
    "make_norm",
]
