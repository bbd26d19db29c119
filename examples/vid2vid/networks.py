"""From the configuration to built networks."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from examples.vid2vid.config import ModelConfig, ObjectiveConfig
from examples.vid2vid.objective import Objective
from vidgan.discriminators import ImageDiscriminator, VideoDiscriminator
from vidgan.features import (
    VGG19_LAYER_WEIGHTS,
    AlexNetFeatures,
    VGG16Features,
    VGG19Features,
)
from vidgan.generators import CompositeGenerator
from vidgan.losses import PerceptualLoss
from vidgan.models import composite_generator, multiscale_discriminator
from vidgan.outputs import FrameOutput


class FrameByFrame(nn.Module):
    """A frame generator whose past frames are hidden, so that each frame is made on its own.

    Args:
        generator: it sees zeros in place of the past frames.
    """

    def __init__(self, generator: CompositeGenerator) -> None:
        super().__init__()
        self.generator = generator
        self.past_frames = generator.past_frames

    def forward(self, conditions: Tensor, past: Tensor, **options: Any) -> FrameOutput:
        """Generate one frame; arguments as in `CompositeGenerator`."""
        output: FrameOutput = self.generator(conditions, torch.zeros_like(past), **options)
        return output


def build_generator(
    model: ModelConfig, condition_channels: int
) -> CompositeGenerator | FrameByFrame:
    """Build the frame generator."""
    generator = composite_generator(
        condition_channels,
        past_frames=model.past_frames,
        base_channels=model.base_channels,
        num_downsamplings=model.num_downsamplings,
        num_blocks=model.num_blocks,
        norm=model.norm,
        upsampling=model.upsampling,
        flow=model.flow,
    )
    if model.start_still and generator.flow_branch is not None:
        nn.init.zeros_(generator.flow_branch.flow_head.conv.weight)
        nn.init.constant_(generator.flow_branch.occlusion_head.conv.bias, -2.0)  # of a sigmoid
    return generator if model.recurrent else FrameByFrame(generator)


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
    networks = {"vgg19": VGG19Features, "vgg16": VGG16Features, "alexnet": AlexNetFeatures}
    try:
        extractor = networks[objective.perceptual](objective.perceptual_weights_file or "default")
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
