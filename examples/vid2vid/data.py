"""Reading a prepared data folder: clips for training, whole sequences for generation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from examples.vid2vid.clip import Clip
from vidgan.conditions import face_condition_maps
from vidgan.video import ClipDataset, FlowStream, ImageStream, MaskStream, PointStream


class DataFolder(NamedTuple):
    """What ``dataset.json`` of a prepared folder says."""

    path: Path
    task: str
    fps: float
    size: tuple[int, int]
    sequences: dict[str, int]

    @property
    def condition_channels(self) -> int:
        """Channels of one frame's condition maps."""
        return {"edges_to_face": 15}[self.task]


def open_data(path: Path) -> DataFolder:
    """Read the description of a prepared folder.

    Raises:
        ValueError: the folder was not made by a ``prepare`` of these recipes.
    """
    description = path / "dataset.json"
    if not description.is_file():
        raise ValueError(f"{path} is no prepared data folder: it has no dataset.json; run prepare")
    try:
        facts: dict[str, Any] = json.loads(description.read_text())
        sequences = {name: int(about["frames"]) for name, about in facts["sequences"].items()}
        height, width = facts["size"]
        data = DataFolder(path, facts["task"], float(facts["fps"]), (height, width), sequences)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{description} is damaged ({error}); run prepare again") from error
    if data.task != "edges_to_face":
        raise ValueError(f"{description}: task must be 'edges_to_face', got {data.task!r}")
    return data


def open_clips(data: DataFolder, clip_length: int, strides: list[int]) -> ClipDataset:
    """Return the data set of all clips of ``clip_length`` frames with the flows of ``strides``."""
    streams: dict[str, Any] = {
        "frames": ImageStream(data.path / "images"),
        "landmarks": PointStream(data.path / "landmarks"),
        "confidence": MaskStream(data.path / "confidence" / "stride1", missing=1),
    }
    for stride in strides:
        folder = data.path / "flow" / f"stride{stride}"
        streams[f"flow{stride}"] = FlowStream(folder, missing=stride)
    return ClipDataset(streams, clip_length=clip_length)


def to_clip(items: list[dict[str, Tensor]], strides: list[int]) -> Clip:
    """Batch items of `open_clips` and draw their condition maps."""
    batch = {name: torch.stack([item[name] for item in items]) for name in items[0]}
    size = (batch["frames"].shape[-2], batch["frames"].shape[-1])
    conditions = torch.stack([face_condition_maps(points, size) for points in batch["landmarks"]])
    return Clip(
        conditions,
        batch["frames"],
        {stride: batch[f"flow{stride}"] for stride in strides},
        batch["confidence"],
    )
