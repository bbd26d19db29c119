"""The configuration of the recipe: networks, losses, training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vidgan.functional import AdversarialMode
from vidgan.generators import CompositeForm
from vidgan.layers import Upsampling

Norm = Literal["batch", "group", "instance", "instance_tracked", "none"]
"""The norms that have a name; a callable is no option of a command line."""
PerceptualNetwork = Literal["vgg19", "vgg16", "alexnet", "none"]


@dataclass(frozen=True)
class ModelConfig:
    """Architecture of the networks."""

    generator: Literal["composite", "fast"] = "composite"
    """The published generator, or the one for real time, which works at a quarter of the size: it
    has one scale and no foreground part, and its width is fast_channels."""
    fast_channels: int = 128
    """Width of the fast generator."""
    base_channels: int = 32
    """Width of the generator's first layer."""
    num_downsamplings: int = 2
    """Number of times that the generator halves the size."""
    num_blocks: int = 6
    """Residual blocks of the generator."""
    num_scales: int = 1
    """Spatial scales: the first works on downsampled frames, each finer one at twice the size."""
    num_fine_blocks: int = 3
    """Residual blocks in each branch of the finer scales."""
    foreground: bool = False
    """Hallucinate foreground and background separately (Eq. 9); the data name the classes."""
    foreground_form: CompositeForm = "released"
    """The released networks paste the foreground over the frame; in the paper's Eq. 9 it
    can be warped like the rest."""
    feature_channels: int = 0
    """Channels of the instance features, for multimodal synthesis; 0: none."""
    past_frames: int = 2
    """L, the number of previous frames that each frame is generated from."""
    recurrent: bool = True
    """Give the generator its past frames; otherwise it generates every frame independently."""
    first_frame: Literal["given", "generated"] = "given"
    """Train from the L real frames before each clip, or from nothing: the generator then learns to
    generate its own first frame."""
    flow: bool = True
    """Warp the last frame (Eq. 4); otherwise every frame is hallucinated."""
    norm: Norm = "instance"
    """Normalization of the generator; the published networks: batch or instance_tracked."""
    upsampling: Upsampling = "resize"
    """Transposed convolution, as published, or resize and convolve."""
    init_copy: bool = True
    """Initialize the network to copy the last frame: zero flow, a small mask. Otherwise the flow is
    noise at first and remains so where the reference flow is not trusted."""
    init_mask_logit: float = -2.0
    """The occlusion mask of init_copy before its sigmoid: -2 is a mask of 0.12, -4 one of 0.02."""
    discriminator_channels: int = 32
    """Width of the discriminators' first layer."""
    discriminator_norm: Norm = "instance"
    """Normalization of the discriminators."""
    image_scales: int = 2
    """Scales of the image discriminator D_I."""
    video_scales: int = 2
    """Scales of each video discriminator D_V."""
    num_rates: int = 2
    """Video discriminators, one per temporal rate, used once their frames fit into a clip."""
    region_size: int = 0
    """Side of the crops for a region discriminator, where a task has a region; 0: none."""


@dataclass(frozen=True)
class ObjectiveConfig:
    """The losses and their weights; a weight of 0 disables a term."""

    adversarial: AdversarialMode = "lsgan"
    """Kind of the adversarial loss."""
    feature_matching_weight: float = 10.0
    """Feature matching: discriminator features of the generated frames against the real ones."""
    flow_weight: float = 10.0
    """Flow against the reference flow (Eq. 8, first term)."""
    warp_weight: float = 10.0
    """Real frames warped by the flow (Eq. 8, second term)."""
    temporal_weight: float = 0.0
    """Generated frames against the warped previous generated frame."""
    mask_weight: float = 0.0
    """Pull the occlusion mask towards 0 (warp) where the reference flow is trusted; the released
    recipe does so if the generator generates its own first frame."""
    l1_weight: float = 10.0
    """Generated pixels against the real frame (L1)."""
    perceptual: PerceptualNetwork = "alexnet"
    """Network of the perceptual loss."""
    perceptual_weight: float = 40.0
    """Features of that network, generated against real frames."""
    perceptual_weights_file: str | None = None
    """A local weight file; None: downloaded (vgg19) or from the stlpips-pytorch wheel."""
    hallucinated_losses: Literal["none", "reconstruction", "all"] = "reconstruction"
    """Losses on the hallucinated frame, in addition to those on the final one: none, reconstruction
    (L1 and perceptual), or those of D_I as well, as published."""
    video_frames: int = 3
    """K, the number of frames that a video discriminator sees."""


@dataclass(frozen=True)
class TrainConfig:
    """Options of the training."""

    model: ModelConfig = field(default_factory=ModelConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    steps: int = 5000
    """Optimizer steps, one per chunk; the learning rate falls to 0 over the second half."""
    minutes: float = 0.0
    """Time limit in minutes; the learning rate then decays with the time as well; 0: no limit."""
    clip_length: int = 30
    """Generated frames of a training clip at the end; the L frames before it are given. The command
    train reduces the default to what the sequences allow, and says so."""
    first_clip_length: int = 10
    """Generated frames of a training clip at the start; doubled until clip_length is reached."""
    chunk_length: int = 1
    """Frames per step: a clip is rolled out chunk by chunk. More frames give smoother gradients,
    fewer give more steps in the same time."""
    backprop_length: int = 1
    """Frames that gradients are propagated back through at the end; 1 at the start, then doubled
    along with the clips."""
    freeze_coarse: float = 0.25
    """Fraction of each finer scale's share of the training with the coarser ones frozen."""
    warmup: float = 0.05
    """Fraction of the training in which a new video discriminator's losses rise to full weight."""
    batch_size: int = 1
    """Clips per step, and per process if there are several."""
    accumulate: int = 1
    """Chunks whose gradients are averaged in one optimizer step."""
    learning_rate: float = 4e-4
    """Learning rate of Adam (betas 0.5 and 0.999) for all networks."""
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    """Precision of the networks under autocast; losses and the warp stay in float32."""
    channels_last: bool = True
    """Memory layout of the networks; faster on most machines."""
    activation_checkpointing: bool = False
    """Recompute the generator's activations in the backward pass to save memory."""
    compile: bool = False
    """Compile the networks by torch.compile: minutes at the start, for faster steps on a GPU."""
    ema_decay: float = 0.995
    """Decay of the averaged generator that generates the videos; 0: the last weights."""
    num_train_frames: int | None = None
    """Train on this many frames at the start of each sequence; None: on all."""
    distill: str | None = None
    """A trained run of the same task, the teacher: its frames, generated from the student's past
    frames, are targets besides the real ones."""
    distill_weight: float = 1.0
    """Weight of the losses against the teacher's frames, as a multiple of the one for real ones."""
    jitter: float = 0.0
    """Random changes to the shapes of facial parts, as a fraction of their size; 0.05 to 0.1 if
    other people's faces are to drive the video."""
    workers: int = 0
    """Processes that read and draw the next clips during the steps, per process if there are
    several; 0: clips are read between the steps. The result is the same, bit for bit."""
    log_every: int = 10
    """Steps between logged values of the losses."""
    visualize_every: int = 200
    """Steps between logged images."""
    save_every: int = 500
    """Steps between checkpoints."""
    keep_checkpoints: int = 3
    """Number of checkpoints to keep."""
    shard_generator: bool = False
    """Spread the generator's weights and gradients, and what Adam and the average keep of them,
    over all processes (FSDP2); otherwise each process has all of it."""
    hang_timeout: float = 600.0
    """Seconds that several processes wait for one that hangs, before the training ends."""
    seed: int = 0
    """Seed of the weights and of the choice of clips."""


@dataclass(frozen=True)
class ImageConfig:
    """Options of the training of a single-image generator (pix2pixHD), for first frames."""

    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    base_channels: int = 32
    """Width of the generator's first layer."""
    num_downsamplings: int = 3
    """Number of times that the generator halves the size."""
    num_blocks: int = 6
    """Residual blocks of the generator."""
    norm: Norm = "instance"
    """Normalization of both networks."""
    upsampling: Upsampling = "resize"
    """Transposed convolution, as published, or resize and convolve."""
    discriminator_channels: int = 32
    """Width of the discriminator's first layer."""
    steps: int = 1000
    """Optimizer steps; the learning rate falls to 0 over the second half."""
    minutes: float = 0.0
    """Time limit in minutes; the learning rate then decays with the time as well; 0: no limit."""
    batch_size: int = 1
    """Frames per step, and per process if there are several."""
    accumulate: int = 1
    """Batches whose gradients are averaged in one optimizer step."""
    learning_rate: float = 4e-4
    """Learning rate of Adam (betas 0.5 and 0.999) for both networks."""
    ema_decay: float = 0.995
    """Decay of the averaged generator that generates the frames; 0: the last weights."""
    num_train_frames: int | None = None
    """Train on this many frames at the start of each sequence; None: on all."""
    workers: int = 0
    """Processes that read and draw the next frames during the steps; the result is the same."""
    log_every: int = 10
    """Steps between logged values of the losses."""
    visualize_every: int = 200
    """Steps between logged images."""
    save_every: int = 500
    """Steps between checkpoints."""
    keep_checkpoints: int = 3
    """Number of checkpoints to keep."""
    shard_generator: bool = False
    """Spread the generator's weights and gradients, and what Adam and the average keep of them,
    over all processes (FSDP2); otherwise each process has all of it."""
    hang_timeout: float = 600.0
    """Seconds that several processes wait for one that hangs, before the training ends."""
    seed: int = 0
    """Seed of the weights and of the choice of frames."""


FREE_SETTINGS = {
    "compile", "hang_timeout", "keep_checkpoints", "log_every", "minutes", "save_every",
    "shard_generator", "steps", "visualize_every", "workers",
}  # fmt: skip
"""Settings that may change when a run is resumed; more steps lengthen it."""


def check_counts(config: TrainConfig | ImageConfig) -> None:
    """Check the settings that are counts.

    Raises:
        ValueError: a count is below 1, or ``workers`` below 0.
    """
    counts = (
        "steps", "batch_size", "accumulate", "chunk_length", "log_every", "visualize_every",
        "save_every", "keep_checkpoints",
    )  # fmt: skip
    for name in (*counts, "workers"):
        least = 0 if name == "workers" else 1
        if getattr(config, name, 1) < least:
            raise ValueError(f"{name} must be at least {least}, got {getattr(config, name)}")
