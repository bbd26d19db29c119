"""The task "edges to face": 68 landmarks become edges and distance maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from examples.vid2vid.config import TrainConfig
from examples.vid2vid.settings import RECOMMENDED, published_config
from examples.vid2vid.task import ConditionMaps, Driver, Preset, Task, TaskMetric
from vidgan.conditions import face_condition_maps
from vidgan.data import ClipStream, PointStream

if TYPE_CHECKING:
    from examples.vid2vid.live_source import LiveSource

_CHANNELS = 15  # edges and 14 distance maps
_DRAWN_SIZE = 512  # pixels, the size of the published frames
# Outline, brows, nose, eyes, mouth: ranges of the 68 landmarks.
_PARTS = ((0, 17), (17, 22), (22, 27), (27, 36), (36, 42), (42, 48), (48, 68))
# These options pay in a training of minutes: short clips, whose past frames are worth copying; a
# mask that starts nearly closed, and copies where the flow is trusted; and one D_V, for more steps
# in the same time.
_SHORT_TRAINING = replace(
    RECOMMENDED,
    model=replace(RECOMMENDED.model, num_rates=1, init_mask_logit=-4.0),
    objective=replace(RECOMMENDED.objective, mask_weight=1.0),
    clip_length=15,
)


def _preset(side: int, config: TrainConfig) -> Preset:
    return Preset((side, side), "width", _CHANNELS, config)


class EdgesToFace(Task):
    """Generate a talking face from its landmarks."""

    name = "edges_to_face"
    presets = {  # noqa: RUF012 -- declared as a Mapping
        "face-small": Preset((128, 128), "any", _CHANNELS, _SHORT_TRAINING),
        "face-256": _preset(
            256,
            published_config(
                steps=50_000,
                chunk_length=5,
                base_channels=64,
                discriminator_norm="instance_tracked",
            ),
        ),
        "face-512": _preset(
            512,
            published_config(steps=100_000, chunk_length=2, discriminator_norm="instance_tracked"),
        ),
    }

    @property
    def condition_channels(self) -> int:
        return _CHANNELS

    def streams(self) -> dict[str, ClipStream]:
        return {"landmarks": PointStream(self.data.path / "landmarks")}

    def draw(
        self,
        annotations: Mapping[str, Tensor],
        *,
        rng: torch.Generator | None = None,
        jitter: float = 0.0,
    ) -> ConditionMaps:
        # As finely drawn as the published ones: see the ablations in README.md.
        oversampling = max(1, round(_DRAWN_SIZE / max(self.data.size)))
        landmarks = annotations["landmarks"]
        if rng is not None and jitter:
            landmarks = jitter_parts(landmarks, jitter, rng)
        return ConditionMaps(
            face_condition_maps(landmarks, self.data.size, oversampling=oversampling)
        )

    def visualize(self, condition: Tensor) -> Tensor:
        return condition[:1].expand(3, -1, -1)

    def drive(self, source: Path | LiveSource, target: Mapping[str, Tensor]) -> Driver:
        from examples.edges_to_face.retarget import drive_face

        return drive_face(source, target["landmarks"], self.data.facts.get("detector"))

    def points(self, annotations: Mapping[str, Tensor]) -> Tensor:
        landmarks = annotations["landmarks"]
        return torch.cat([landmarks, torch.ones_like(landmarks[..., :1])], -1)

    def metric(self, num_train_frames: int | None) -> TaskMetric:  # noqa: ARG002 -- as in Task
        from examples.edges_to_face.metrics import LandmarkMetric

        return LandmarkMetric()


def jitter_parts(landmarks: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """Scale each part of a face at random, separately in width and height, and shift it.

    The change is sampled once and applied to all frames, as if another person made the same
    motion; a generator trained with it is robust to the proportions of other faces.

    Args:
        landmarks: (T, 68, 2) in pixels.
        strength: largest change, as a fraction of the part's size.
        rng: generator for the changes.

    Returns:
        (T, 68, 2).
    """
    changed = landmarks.clone()
    for start, end in _PARTS:
        stretch, shift = 2 * torch.rand(2, 2, generator=rng) - 1
        part = landmarks[:, start:end]
        center = part.mean(1, keepdim=True)
        size = (part.amax(1, keepdim=True) - part.amin(1, keepdim=True)).amax(2, keepdim=True)
        moved = center + (part - center) * (1 + strength * stretch) + strength / 2 * shift * size
        changed[:, start:end] = moved
    return changed
