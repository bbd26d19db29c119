"""Builds the discriminators and the objective from the configuration."""

from __future__ import annotations

from examples.vid2vid.config import ModelConfig, ObjectiveConfig
from examples.vid2vid.objective import Objective
from vidgan.discriminators import ImageDiscriminator, RegionDiscriminator, VideoDiscriminator
from vidgan.features import (
    VGG19_LAYER_WEIGHTS,
    AlexNetFeatures,
    VGG16Features,
    VGG19Features,
)
from vidgan.losses import PerceptualLoss
from vidgan.models import multiscale_discriminator


def build_objective(
    model: ModelConfig,
    objective: ObjectiveConfig,
    condition_channels: int,
    *,
    pretrained: bool = True,
) -> Objective:
    """Build the discriminators and losses; if not ``pretrained``, no weight file is read."""
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
