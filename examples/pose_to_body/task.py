"""The task "pose to body": keypoints, and DensePose maps if available, become a skeleton image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from examples.vid2vid.settings import RECOMMENDED, published_config
from examples.vid2vid.task import ConditionMaps, Driver, Preset, Task, TaskMetric
from vidgan.conditions import pose_condition_maps, pose_face_boxes
from vidgan.data import ClipStream, KeypointStream, LabelStream, StreamKind
from vidgan.video import image_size, list_sequences, read_frame

if TYPE_CHECKING:
    from examples.vid2vid.live_source import LiveSource

DROP_PROBABILITY = 0.05  # of each limb and each DensePose part while training, as published
_CHANNELS = 6  # DensePose and skeleton; 3 without DensePose


def _preset(height: int, **options: Any) -> Preset:
    # The face is about an eighth as high as the whole person.
    config = published_config(
        discriminator_norm="instance_tracked", region_size=height // 8, **options
    )
    return Preset((height, height // 2), "height", _CHANNELS, config)


class DensePoseStream:
    """DensePose maps from PNG files: uint8 (3, H, W), the third channel a part index.

    They are of the kind "labels", since interpolated values are meaningless.

    Args:
        folder: contains <sequence>/<frame>.png.
    """

    kind: StreamKind = "labels"

    def __init__(self, folder: Path) -> None:
        self.files = list_sequences(folder, (".png",))

    def sequences(self) -> dict[str, int]:
        return {name: len(files) for name, files in self.files.items()}

    def size(self, sequence: str) -> tuple[int, int] | None:
        return image_size(self.files[sequence][0])

    def load(self, sequence: str, index: int) -> Tensor:
        return read_frame(self.files[sequence][index])


class PoseToBody(Task):
    """Generate a dancing person from body keypoints."""

    name = "pose_to_body"
    presets = {  # noqa: RUF012 -- declared as a Mapping
        "pose-small": Preset(
            (128, 128),
            "any",
            3,
            replace(RECOMMENDED, model=replace(RECOMMENDED.model, region_size=32)),
        ),
        "pose-256": _preset(256, steps=50_000, chunk_length=5, base_channels=64),
        "pose-512": _preset(512, steps=100_000, chunk_length=2),
        "pose-1024": _preset(1024, steps=200_000, chunk_length=1, num_scales=2),
    }

    @property
    def condition_channels(self) -> int:
        return 6 if self._has("densepose") else 3

    def streams(self) -> dict[str, ClipStream]:
        path = self.data.path
        streams: dict[str, ClipStream] = {"keypoints": KeypointStream(path / "keypoints")}
        if self._has("densepose"):
            streams["densepose"] = DensePoseStream(path / "densepose")
        if self._has("instances"):
            streams["instances"] = LabelStream(path / "instances")
        return streams

    def draw(
        self,
        annotations: Mapping[str, Tensor],
        *,
        rng: torch.Generator | None = None,
        jitter: float = 0.0,  # noqa: ARG002 -- as in Task
    ) -> ConditionMaps:
        keypoints = annotations["keypoints"]
        conditions = pose_condition_maps(
            keypoints,
            self.data.size,
            densepose=annotations.get("densepose"),
            drop_probability=0.0 if rng is None else DROP_PROBABILITY,
            generator=rng,
        )
        regions = pose_face_boxes(keypoints)
        return ConditionMaps(conditions, instances=annotations.get("instances"), regions=regions)

    def visualize(self, condition: Tensor) -> Tensor:
        return condition[-3:] / 2 + 0.5

    def drive(self, source: Path | LiveSource, target: Mapping[str, Tensor]) -> Driver:
        from examples.pose_to_body.retarget import drive_body

        if "densepose" in target:
            raise ValueError(
                f"{self.data.path} has DensePose maps, which cannot be found in a video; prepare "
                "it without densepose/ and train on the skeletons alone"
            )
        if isinstance(source, Path):
            return drive_body(source, target["keypoints"], self.data.size)
        from examples.pose_to_body.live_person import drive_body_live

        return drive_body_live(source, target["keypoints"], self.data.size)

    def points(self, annotations: Mapping[str, Tensor]) -> Tensor:
        return annotations["keypoints"]

    def metric(self, num_train_frames: int | None) -> TaskMetric | None:  # noqa: ARG002
        from examples.pose_to_body.metrics import KeypointMetric

        return None if find_spec("mediapipe") is None else KeypointMetric()

    def _has(self, kind: str) -> bool:
        return (self.data.path / kind).is_dir()
