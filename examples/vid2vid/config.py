"""Every choice of the recipe, and its two named settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vidgan.functional import AdversarialMode
from vidgan.layers import Norm, Upsampling

PerceptualNetwork = Literal["vgg19", "vgg16", "alexnet", "none"]


@dataclass(frozen=True)
class ModelConfig:
    """The networks."""

    base_channels: int = 32
    """Width of the generator's first layer."""
    num_downsamplings: int = 2
    num_blocks: int = 6
    """Residual blocks of the generator."""
    past_frames: int = 2
    """L, the generated frames that the next one is made from."""
    norm: Norm = "instance"
    upsampling: Upsampling = "resize"
    flow: bool = True
    """Warp the last frame (Eq. 4); without, every frame is hallucinated."""
    foreground: bool = False
    discriminator_channels: int = 32
    discriminator_norm: Norm = "instance"
    image_scales: int = 2
    """Scales of the image discriminator D_I."""
    video_scales: int = 2
    """Scales of each video discriminator D_V."""
    num_rates: int = 2
    """Video discriminators, one a temporal rate; 0: none."""


@dataclass(frozen=True)
class ObjectiveConfig:
    """The losses."""

    adversarial: AdversarialMode = "lsgan"
    feature_matching_weight: float = 10.0
    flow_weight: float = 10.0
    warp_weight: float = 10.0
    temporal_weight: float = 10.0
    l1_weight: float = 10.0
    perceptual: PerceptualNetwork = "alexnet"
    perceptual_weight: float = 10.0
    perceptual_weights_file: str | None = None
    """A local weight file; None: downloaded (vgg19) or from the stlpips-pytorch wheel."""
    hallucinated_terms: bool = False
    """Judge the hallucinated frame as well as the final one, as published."""
    video_frames: int = 3
    """K, the frames that a video discriminator sees."""


@dataclass(frozen=True)
class TrainConfig:
    """The training."""

    model: ModelConfig = field(default_factory=ModelConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    steps: int = 1000
    """Optimiser steps, one a chunk."""
    clip_length: int = 10
    """Generated frames of a training clip; the L frames before it are given."""
    chunk_length: int = 5
    """Frames a step: the clip is rolled out chunk by chunk."""
    backprop_length: int = 1
    batch_size: int = 1
    learning_rate: float = 4e-4
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    channels_last: bool = True
    checkpointing: bool = False
    """Recompute the generator's activations in the backward pass to save memory."""
    ema_decay: float = 0.995
    """Decay of the averaged generator, which generates the videos; 0: the last weights."""
    train_frames: int = 1_000_000
    """Train on the first frames of each sequence only."""
    minutes: float = 0.0
    """Stop after this time, the learning rate decayed accordingly; 0: no limit but steps."""
    picture_every: int = 100
    seed: int = 0
