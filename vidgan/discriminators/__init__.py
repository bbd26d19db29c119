"""Discriminators of images, clips, pairs and features, and their multi-scale forms."""

from vidgan.discriminators.feature import FeatureDiscriminator
from vidgan.discriminators.feature_heads import ProjectionLogit, SpatialHead, TemporalHead
from vidgan.discriminators.image import ImageDiscriminator
from vidgan.discriminators.multiscale import MultiscaleDiscriminator
from vidgan.discriminators.multiscale_3d import MultiscaleDiscriminator3d
from vidgan.discriminators.paired import PairedDiscriminator
from vidgan.discriminators.patch import PatchDiscriminator
from vidgan.discriminators.patch_3d import PatchDiscriminator3d
from vidgan.discriminators.pooled_heads import AttentionHead, FactorizedHead, MultiscaleHead
from vidgan.discriminators.region import RegionDiscriminator
from vidgan.discriminators.video import VideoDiscriminator

__all__ = [
    "AttentionHead",
    "FactorizedHead",
    "FeatureDiscriminator",
    "ImageDiscriminator",
    "MultiscaleDiscriminator",
    "MultiscaleDiscriminator3d",
    "MultiscaleHead",
    "PairedDiscriminator",
    "PatchDiscriminator",
    "PatchDiscriminator3d",
    "ProjectionLogit",
    "RegionDiscriminator",
    "SpatialHead",
    "TemporalHead",
    "VideoDiscriminator",
]
