"""Layers of the networks: convolution, normalization, residual and upsampling blocks."""

from vidgan.layers.blur import Blur
from vidgan.layers.conditional import ConditionalNorm, ConditionalSequential
from vidgan.layers.conv import ConvBlock
from vidgan.layers.half_size import HalfSize
from vidgan.layers.init import init_weights
from vidgan.layers.norm import InstanceNorm, Norm, TrackedInstanceNorm, make_norm
from vidgan.layers.one_hot_conv import OneHotConv2d
from vidgan.layers.partial_conv import PartialConv2d
from vidgan.layers.precision import cast_convolutions
from vidgan.layers.reflect_conv import ReflectConv2d
from vidgan.layers.residual import ResidualBlock
from vidgan.layers.separable import SeparableResidualBlock
from vidgan.layers.spade import SPADE, GuidanceMap, MultiSPADE, PlainNorm
from vidgan.layers.up import UpBlock, Upsampling

__all__ = [
    "SPADE",
    "Blur",
    "ConditionalNorm",
    "ConditionalSequential",
    "ConvBlock",
    "GuidanceMap",
    "HalfSize",
    "InstanceNorm",
    "MultiSPADE",
    "Norm",
    "OneHotConv2d",
    "PartialConv2d",
    "PlainNorm",
    "ReflectConv2d",
    "ResidualBlock",
    "SeparableResidualBlock",
    "TrackedInstanceNorm",
    "UpBlock",
    "Upsampling",
    "cast_convolutions",
    "init_weights",
    "make_norm",
]
