"""From the configuration to built networks."""

from __future__ import annotations

from typing import Any, cast

import torch
from einops import rearrange
from torch import Tensor, nn

from examples.vid2vid.clips import Clip
from examples.vid2vid.config import ModelConfig, ObjectiveConfig
from examples.vid2vid.objective import Objective
from vidgan.discriminators import ImageDiscriminator, RegionDiscriminator, VideoDiscriminator
from vidgan.features import (
    VGG19_LAYER_WEIGHTS,
    AlexNetFeatures,
    VGG16Features,
    VGG19Features,
)
from vidgan.generators import (
    CoarseToFineGenerator,
    CompositeGenerator,
    InstanceEncoder,
)
from vidgan.losses import PerceptualLoss
from vidgan.models import (
    coarse_to_fine_generator,
    composite_generator,
    instance_encoder,
    multiscale_discriminator,
)
from vidgan.outputs import FrameOutput

VideoGenerator = CompositeGenerator | CoarseToFineGenerator


class FrameByFrame(nn.Module):
    """A frame generator whose past frames are hidden, so that each frame is made on its own.

    Args:
        generator: it sees zeros in place of the past frames.
    """

    def __init__(self, generator: VideoGenerator) -> None:
        super().__init__()
        self.generator = generator
        self.past_frames = generator.past_frames

    def forward(self, conditions: Tensor, past: Tensor, **options: Any) -> FrameOutput:
        """Generate one frame; arguments as in the generator."""
        options.pop("coarser_past", None)
        output: FrameOutput = self.generator(conditions, torch.zeros_like(past), **options)
        return output._replace(coarser=())


def build_generator(model: ModelConfig, condition_channels: int) -> VideoGenerator | FrameByFrame:
    """Build the frame generator; instance features are channels of its conditions."""
    options: dict[str, Any] = {
        "past_frames": model.past_frames,
        "base_channels": model.base_channels,
        "num_downsamplings": model.num_downsamplings,
        "num_blocks": model.num_blocks,
        "norm": model.norm,
        "upsampling": model.upsampling,
        "flow": model.flow,
        "foreground": model.foreground,
        "foreground_form": model.foreground_form,
    }
    channels = condition_channels + model.feature_channels
    generator: VideoGenerator
    if model.num_scales == 1:
        generator = composite_generator(channels, **options)
        parts = [generator]
    else:
        generator = coarse_to_fine_generator(
            channels,
            num_scales=model.num_scales,
            num_fine_blocks=model.num_fine_blocks,
            **options,
        )
        parts = [*generator.generators]
    for part in parts:
        if model.init_copy and part.flow_branch is not None:
            nn.init.zeros_(part.flow_branch.flow_head.conv.weight)
            nn.init.constant_(part.flow_branch.occlusion_head.conv.bias, -2.0)  # of a sigmoid
    return generator if model.recurrent else FrameByFrame(generator)


def first_scales(
    generator: VideoGenerator | FrameByFrame, num_scales: int
) -> VideoGenerator | FrameByFrame:
    """Return the generator of the coarsest scales alone; it shares its weights."""
    if isinstance(generator, FrameByFrame):
        return FrameByFrame(cast("VideoGenerator", first_scales(generator.generator, num_scales)))
    if isinstance(generator, CompositeGenerator) or num_scales == generator.num_scales:
        return generator
    parts = [cast("CompositeGenerator", part) for part in generator.generators]
    return CoarseToFineGenerator(parts[:num_scales])


def train_scales(
    generator: VideoGenerator | FrameByFrame, num_scales: int, *, freeze_coarse: bool
) -> None:
    """Let gradients reach the scales in use, or the finest of them alone."""
    inner = generator.generator if isinstance(generator, FrameByFrame) else generator
    if isinstance(inner, CompositeGenerator):
        return
    for scale, part in enumerate(inner.generators):
        is_newest = scale == num_scales - 1
        part.requires_grad_(is_newest or (scale < num_scales and not freeze_coarse))


def build_encoder(model: ModelConfig) -> InstanceEncoder | None:
    """Build the instance feature encoder, where features are wanted."""
    if model.feature_channels == 0:
        return None
    return instance_encoder(
        feature_channels=model.feature_channels,
        num_downsamplings=model.num_downsamplings,
        norm=model.norm,
        upsampling=model.upsampling,
    )


def add_features(encoder: InstanceEncoder | None, clip: Clip) -> Tensor:
    """Return the conditions of a clip, with the features of its real frames' instances if any."""
    if encoder is None:
        return clip.conditions
    if clip.instances is None:
        raise ValueError(
            "feature_channels must be 0: the data have no instances to encode; prepare them with "
            "instance ids"
        )
    frames, instances = (
        rearrange(video, "B T C H W -> (B T) C H W") for video in (clip.frames, clip.instances)
    )
    features = encoder(frames, instances)
    batched = rearrange(features, "(B T) C H W -> B T C H W", B=len(clip.frames))
    return torch.cat([clip.conditions, batched.to(clip.conditions)], 2)


def build_objective(
    model: ModelConfig,
    objective: ObjectiveConfig,
    condition_channels: int,
    *,
    pretrained: bool = True,
) -> Objective:
    """Build the discriminators and losses; without ``pretrained`` no weight file is read."""
    frames = objective.video_frames
    channels = {
        "base_channels": model.discriminator_channels,
        "norm": model.discriminator_norm,
    }
    image = multiscale_discriminator(
        condition_channels + 3, num_scales=model.image_scales, **channels
    )
    video = [
        multiscale_discriminator(
            3 * frames + 2 * (frames - 1), num_scales=model.video_scales, **channels
        )
        for _ in range(model.num_rates)
    ]
    region = None
    if model.region_size:
        network = multiscale_discriminator(condition_channels + 3, num_scales=1, **channels)
        region = RegionDiscriminator(network, (model.region_size, model.region_size))
    return Objective(
        ImageDiscriminator(image),
        [VideoDiscriminator(network, num_frames=frames) for network in video],
        objective,
        _build_perceptual(objective, pretrained),
        region,
    )


def _build_perceptual(objective: ObjectiveConfig, pretrained: bool) -> PerceptualLoss | None:
    if objective.perceptual == "none" or objective.perceptual_weight == 0:
        return None
    networks = {"vgg19": VGG19Features, "vgg16": VGG16Features, "alexnet": AlexNetFeatures}
    weights = (objective.perceptual_weights_file or "default") if pretrained else None
    try:
        extractor = networks[objective.perceptual](weights)
    except ConnectionError as error:
        raise ConnectionError(
            f"{error}; here that is --perceptual-weights-file FILE, and --perceptual vgg16 or "
            "alexnet need no download"
        ) from error
    return PerceptualLoss(
        extractor,
        layer_weights=VGG19_LAYER_WEIGHTS if objective.perceptual == "vgg19" else None,
        weight=objective.perceptual_weight,
    )
