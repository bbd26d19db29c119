"""Parts of a frame generator, and the generator that takes them (Wang et al. 2018, Eq. 3 and 4)."""

from vidgan.generators.branches import FlowBranch, ImageBranch
from vidgan.generators.coarse_to_fine import CoarseToFineGenerator
from vidgan.generators.composite import FlowWarp, ForegroundComposite, OcclusionComposite
from vidgan.generators.composite_generator import CompositeGenerator
from vidgan.generators.encoder import Encoder
from vidgan.generators.foreground import ForegroundHallucinator
from vidgan.generators.heads import FlowHead, ImageHead, OcclusionHead
from vidgan.generators.trunk import Trunk

__all__ = [
    "CoarseToFineGenerator",
    "CompositeGenerator",
    "Encoder",
    "FlowBranch",
    "FlowHead",
    "FlowWarp",
    "ForegroundComposite",
    "ForegroundHallucinator",
    "ImageBranch",
    "ImageHead",
    "OcclusionComposite",
    "OcclusionHead",
    "Trunk",
]
