"""Reading a prepared data folder: clips for training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from examples.edges_to_face.task import EdgesToFace
from examples.pose_to_body.task import PoseToBody
from examples.vid2vid.clip import Clip
from examples.vid2vid.task import Task
from vidgan.video import (
    ClipDataset,
    ClipStream,
    DataFolder,
    FlowStream,
    ImageStream,
    MaskStream,
    open_data_folder,
)

TASKS: dict[str, Task] = {task.name: task for task in (EdgesToFace(), PoseToBody())}


def open_data(path: Path) -> DataFolder:
    """Read the description of a prepared folder.

    Raises:
        ValueError: the folder was not made by a ``prepare`` of these recipes.
    """
    data = open_data_folder(path)
    if data.task not in TASKS:
        raise ValueError(
            f"{path / 'dataset.json'}: task must be one of {', '.join(TASKS)}, got {data.task!r}"
        )
    return data


def task_of(data: DataFolder) -> Task:
    """Find the task that a folder was prepared for."""
    return TASKS[data.task]


def condition_channels(data: DataFolder) -> int:
    """Say how many channels the condition maps of one frame have."""
    return task_of(data).condition_channels(data)


def open_clips(data: DataFolder, clip_length: int, strides: Sequence[int]) -> ClipDataset:
    """Return the data set of all clips of ``clip_length`` frames with the flows of ``strides``."""
    streams: dict[str, ClipStream] = {
        "frames": ImageStream(data.path / "images"),
        "confidence": MaskStream(data.path / "confidence" / "stride1", missing=1),
        **task_of(data).streams(data),
    }
    for stride in strides:
        folder = data.path / "flow" / f"stride{stride}"
        streams[f"flow{stride}"] = FlowStream(folder, missing=stride)
    return ClipDataset(streams, clip_length=clip_length)


def to_clip(
    items: Sequence[dict[str, Tensor]],
    data: DataFolder,
    strides: Sequence[int],
    *,
    chance: torch.Generator | None = None,
) -> Clip:
    """Batch items of `open_clips` and draw their condition maps, at random where asked."""
    task = task_of(data)
    drawn = [task.draw(item, data, chance=chance) for item in items]
    masks = [maps.foreground_masks for maps in drawn if maps.foreground_masks is not None]
    return Clip(
        torch.stack([maps.conditions for maps in drawn]),
        torch.stack([item["frames"] for item in items]),
        {stride: torch.stack([item[f"flow{stride}"] for item in items]) for stride in strides},
        torch.stack([item["confidence"] for item in items]),
        torch.stack(masks) if masks else None,
    )
