"""From the configuration to built networks."""

from __future__ import annotations

from torch import nn

from vidgan.discriminators import ImageDiscriminator, VideoDiscriminator
from vidgan.features import AlexNetFeatures, VGG16Features
from vidgan.generators import CompositeGenerator
from vidgan.losses import PerceptualLoss
from vidgan.models import composite_generator, multiscale_discriminator

from examples.vid2vid.config import ModelConfig, ObjectiveConfig
from examples.vid2vid.objective import Objective


def build_generator(model: ModelConfig, condition_channels: int) -> CompositeGenerator:
    """Build the frame generator."""
    return composite_generator(
        condition_channels,
        past_frames=model.past_frames,
        base_channels=model.base_channels,
        num_downsamplings=model.num_downsamplings,
        num_blocks=model.num_blocks,
        norm=model.norm,
        upsampling=model.upsampling,
        flow=model.flow,
        foreground=model.foreground,
    )


def build_objective(
    model: ModelConfig, objective: ObjectiveConfig, condition_channels: int
) -> Objective:
    """Build the discriminators and losses."""
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
    return Objective(
        ImageDiscriminator(image),
        [VideoDiscriminator(network, num_frames=frames) for network in video],
        objective,
        _build_perceptual(objective),
    )


def _build_perceptual(objective: ObjectiveConfig) -> PerceptualLoss | None:
    if objective.perceptual == "none" or objective.perceptual_weight == 0:
        return None
    file = objective.perceptual_weights_file or "default"
    extractor: nn.Module
    layer_weights = None
    if objective.perceptual == "vgg19":
        from vidgan.features import VGG19_LAYER_WEIGHTS, VGG19Features

        extractor, layer_weights = VGG19Features(file), VGG19_LAYER_WEIGHTS
    elif objective.perceptual == "vgg16":
        extractor = VGG16Features(file)
    else:
        extractor = AlexNetFeatures(file)
    return PerceptualLoss(
        extractor, layer_weights=layer_weights, weight=objective.perceptual_weight
    )
