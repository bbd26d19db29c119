"""The task "labels to street": semantic label maps become one map a class, and instance edges."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from examples.labels_to_street.classes import class_names
from examples.labels_to_street.metrics import LabelJudge
from examples.vid2vid.label_maps import TASK
from examples.vid2vid.task import Driver, Maps
from vidgan.conditions import (
    CITYSCAPES_NAMES,
    color_labels,
    label_palette,
    semantic_condition_maps,
)
from vidgan.data import ClipStream, DataFolder, LabelStream
from vidgan.functional import region_mask


class LabelsToStreet:
    """Draws a street from its labels; see `examples.vid2vid.task.Task`."""

    name = TASK

    def condition_channels(self, data: DataFolder) -> int:
        return len(class_names(data)) + _has_instances(data)

    def streams(self, data: DataFolder) -> dict[str, ClipStream]:
        streams: dict[str, ClipStream] = {"labels": LabelStream(data.path / "labels")}
        if _has_instances(data):
            streams["instances"] = LabelStream(data.path / "instances")
        return streams

    def draw(
        self,
        annotations: Mapping[str, Tensor],
        data: DataFolder,
        *,
        rng: torch.Generator | None = None,  # noqa: ARG002 -- as in Task
        jitter: float = 0.0,  # noqa: ARG002
    ) -> Maps:
        labels, instances = annotations["labels"], annotations.get("instances")
        maps = semantic_condition_maps(
            labels, len(class_names(data)), instances=instances, ignore_id=data.facts.get("ignore")
        )
        foreground = data.facts.get("foreground")
        mask = region_mask(labels, foreground) if foreground else None
        return Maps(maps, mask, instances)

    def picture(self, condition: Tensor) -> Tensor:
        # A pixel has one class at most: where there is more, the last map is the instance edges.
        has_edges = bool((condition.sum(0) > 1).any())
        classes = condition[:-1] if has_edges else condition
        none = (classes.amax(0, keepdim=True) == 0).to(torch.int64)
        labels = classes.argmax(0, keepdim=True) - none * len(condition)  # negative is black
        # Palettes begin alike but for that of Cityscapes' ids, with or without edges.
        ids = len(CITYSCAPES_NAMES)
        palette = label_palette(ids if len(condition) in (ids, ids + 1) else len(condition))
        return color_labels(labels.cpu(), palette).to(condition) / 255

    def drive(self, source: Path, target: Mapping[str, Tensor], data: DataFolder) -> Driver:  # noqa: ARG002
        raise ValueError(
            f"a street is not driven by a video: prepare label maps like those of {data.path}, and "
            "generate from that folder"
        )

    def judge(self, data: DataFolder, num_train_frames: int | None) -> LabelJudge:
        return LabelJudge(data, num_train_frames)


def _has_instances(data: DataFolder) -> bool:
    return bool(data.facts.get("instances"))
