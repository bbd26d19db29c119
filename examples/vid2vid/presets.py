"""Settings for each task at each size.

Where `docs/presets.md` says "our choice", neither the paper (Wang et al. 2018, arXiv:1808.06601)
nor what is known of the released models gives the value.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, NamedTuple

from examples.vid2vid.config import PUBLISHED, RECOMMENDED, SETTINGS, TrainConfig

SettingName = Literal[
    "recommended",
    "published",
    "frame_by_frame",
    "street-small",
    "street-256",
    "street-512",
    "street-1024",
    "street-2048",
    "face-small",
    "face-256",
    "face-512",
    "pose-small",
    "pose-256",
    "pose-512",
    "pose-1024",
]
"""What ``--setting`` takes."""


class Preset(NamedTuple):
    """A setting for one task at one size.

    Attributes:
        task: as in ``dataset.json``.
        size: (H, W) that it is made for.
        side: which side of the frames must be as in ``size``; the other may differ, and ``any``
            leaves both free, as far as the network can divide them.
        condition_channels: of the data that it is made for, to count costs with.
        config: the configuration.
    """

    task: str
    size: tuple[int, int]
    side: Literal["width", "height", "any"]
    condition_channels: int
    config: TrainConfig

    @property
    def name_of_size(self) -> str:
        """The size in words."""
        return f"{self.size[1]}x{self.size[0]}"


def _published(
    *,
    steps: int,
    chunk_length: int,
    num_scales: int = 1,
    base_channels: int = 128,
    clip_length: int = 30,
    **model: Any,
) -> TrainConfig:
    """Give the published training step the published widths."""
    networks = replace(
        PUBLISHED.model,
        base_channels=base_channels,
        num_downsamplings=3,
        num_blocks=9,
        num_scales=num_scales,
        image_scales=2 if num_scales == 1 else 3,
        num_rates=3,
        **model,
    )
    return replace(
        PUBLISHED,
        model=networks,
        steps=steps,
        chunk_length=chunk_length,
        clip_length=clip_length,
        save_every=1000,
    )


def _street(**options: Any) -> TrainConfig:
    # 28 and the two frames before: the sequences of Cityscapes have 30 frames.
    norms: dict[str, Any] = {"norm": "batch", "discriminator_norm": "batch"}
    return _published(foreground=True, clip_length=28, **norms, **options)


def _face(**options: Any) -> TrainConfig:
    return _published(discriminator_norm="instance_tracked", **options)


def _pose(height: int, **options: Any) -> TrainConfig:
    # The face of a person seen whole is about an eighth as high.
    region = height // 8
    return _published(discriminator_norm="instance_tracked", region_size=region, **options)


_NARROW: dict[str, Any] = {"steps": 50_000, "chunk_length": 5, "base_channels": 64}
_ONE_SCALE: dict[str, Any] = {"steps": 100_000, "chunk_length": 2}
_TWO_SCALES: dict[str, Any] = {"steps": 200_000, "chunk_length": 1, "num_scales": 2}
_THREE_SCALES: dict[str, Any] = {"steps": 300_000, "chunk_length": 1, "num_scales": 3}

_STREET_CHANNELS = 36  # the 35 classes of Cityscapes and the instances' edges
_RENDERED_CHANNELS = 15  # the 14 classes of the rendered streets and the instances' edges
_FACE_CHANNELS = 15  # edges and 14 distance maps
_POSE_CHANNELS = 6  # DensePose and skeleton; 3 without DensePose

# What keeps colors in so short a training: clips in which the past frames are still worth copying,
# a mask that copies where the flow is trusted, and cars that are drawn by a network which sees the
# past; with one D_V there are more steps in the time.
_RENDERED_STREET = replace(
    RECOMMENDED,
    model=replace(RECOMMENDED.model, num_rates=1),
    objective=replace(RECOMMENDED.objective, mask_weight=1.0),
    clip_length=10,
)
_SMALL_POSE = replace(RECOMMENDED, model=replace(RECOMMENDED.model, region_size=32))


def _streets(width: int, config: TrainConfig) -> Preset:
    size = (width // 2, width)
    return Preset("labels_to_street", size, "width", _STREET_CHANNELS, config)


def _faces(side: int, config: TrainConfig) -> Preset:
    return Preset("edges_to_face", (side, side), "width", _FACE_CHANNELS, config)


def _poses(height: int, **options: Any) -> Preset:
    size, config = (height, height // 2), _pose(height, **options)
    return Preset("pose_to_body", size, "height", _POSE_CHANNELS, config)


PRESETS = {
    "street-small": Preset(
        "labels_to_street", (64, 128), "any", _RENDERED_CHANNELS, _RENDERED_STREET
    ),
    "street-256": _streets(256, _street(**_NARROW)),
    "street-512": _streets(512, _street(**_ONE_SCALE)),
    "street-1024": _streets(1024, _street(**_TWO_SCALES)),
    "street-2048": _streets(2048, _street(**_THREE_SCALES)),
    "face-small": Preset("edges_to_face", (128, 128), "any", _FACE_CHANNELS, RECOMMENDED),
    "face-256": _faces(256, _face(**_NARROW)),
    "face-512": _faces(512, _face(**_ONE_SCALE)),
    "pose-small": Preset("pose_to_body", (128, 128), "any", 3, _SMALL_POSE),
    "pose-256": _poses(256, **_NARROW),
    "pose-512": _poses(512, **_ONE_SCALE),
    "pose-1024": _poses(1024, **_TWO_SCALES),
}

CONFIGS = {**SETTINGS, **{name: preset.config for name, preset in PRESETS.items()}}
"""Every setting by its name."""
