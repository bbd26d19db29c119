"""Generators of video frames and of single images, and the parts they are built from."""

from vidgan.generators.branches import FlowBranch, ImageBranch
from vidgan.generators.coarse_to_fine import CoarseToFineGenerator
from vidgan.generators.composite import (
    CompositeForm,
    FlowWarp,
    ForegroundComposite,
    OcclusionComposite,
)
from vidgan.generators.composite_generator import CompositeGenerator
from vidgan.generators.convex_upsample import ConvexUpsample
from vidgan.generators.decoder import Decoder
from vidgan.generators.encoder import Encoder
from vidgan.generators.encoder_decoder import EncoderDecoder
from vidgan.generators.fast_heads import (
    ConvexFlowHead,
    ConvexOcclusionHead,
)
from vidgan.generators.foreground import ForegroundHallucinator
from vidgan.generators.fuse_norms import fuse_norms
from vidgan.generators.heads import FlowHead, ImageHead, OcclusionHead
from vidgan.generators.instance_encoder import InstanceEncoder
from vidgan.generators.one_hot_stems import use_one_hot_stems
from vidgan.generators.reference_encoder import ReferenceEncoder, ReferenceFeatures
from vidgan.generators.single_image import SingleImageGenerator
from vidgan.generators.spade_generator import SpadeGenerator
from vidgan.generators.unshuffle_encoder import FrameEncoder, UnshuffleEncoder

__all__ = [
    "CoarseToFineGenerator",
    "CompositeForm",
    "CompositeGenerator",
    "ConvexFlowHead",
    "ConvexOcclusionHead",
    "ConvexUpsample",
    "Decoder",
    "Encoder",
    "EncoderDecoder",
    "FlowBranch",
    "FlowHead",
    "FlowWarp",
    "ForegroundComposite",
    "ForegroundHallucinator",
    "FrameEncoder",
    "ImageBranch",
    "ImageHead",
    "InstanceEncoder",
    "OcclusionComposite",
    "OcclusionHead",
    "ReferenceEncoder",
    "ReferenceFeatures",
    "SingleImageGenerator",
    "SpadeGenerator",
    "UnshuffleEncoder",
    "fuse_norms",
    "use_one_hot_stems",
]
