"""The named settings that all tasks share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from examples.vid2vid.config import ModelConfig, ObjectiveConfig, TrainConfig

RECOMMENDED = TrainConfig()
"""The best video for the training time; the READMEs of the tasks have ablations."""

PUBLISHED = TrainConfig(
    model=ModelConfig(
        norm="instance_tracked",
        upsampling="transposed",
        init_copy=False,
        discriminator_channels=64,
    ),
    objective=ObjectiveConfig(
        l1_weight=0.0,
        temporal_weight=10.0,
        perceptual="vgg19",
        perceptual_weight=10.0,
        hallucinated_losses="all",
    ),
    chunk_length=5,
    learning_rate=2e-4,
    precision="float32",
    channels_last=False,
    ema_decay=0.0,
)
"""The released training step, with networks small enough for a CPU."""

FRAME_BY_FRAME = TrainConfig(
    model=ModelConfig(recurrent=False, flow=False, num_rates=0),
)
"""A baseline: the same network generates each frame independently, without warp and D_V."""

SETTINGS: dict[str, TrainConfig] = {
    "recommended": RECOMMENDED,
    "published": PUBLISHED,
    "frame_by_frame": FRAME_BY_FRAME,
}


def published_config(
    *, steps: int, chunk_length: int, num_scales: int = 1, clip_length: int = 30, **model: Any
) -> TrainConfig:
    """Return the published training step at the published widths, except for the given options."""
    widths: dict[str, Any] = {
        "base_channels": 128,
        "num_downsamplings": 3,
        "num_blocks": 9,
        "num_scales": num_scales,
        "image_scales": 2 if num_scales == 1 else 3,
        "num_rates": 3,
    }
    return replace(
        PUBLISHED,
        model=replace(PUBLISHED.model, **widths | model),
        steps=steps,
        chunk_length=chunk_length,
        clip_length=clip_length,
        save_every=1000,
    )
