"""Reading a prepared data folder: clips for training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from examples.edges_to_face.task import EdgesToFace
from examples.labels_to_street.task import LabelsToStreet
from examples.pose_to_body.task import PoseToBody
from examples.vid2vid.clips import Clip
from examples.vid2vid.task import Task
from vidgan.data import (
    ClipDataset,
    ClipStream,
    DataFolder,
    FlowStream,
    ImageStream,
    MaskStream,
    open_data_folder,
)

TASKS: dict[str, Task] = {
    task.name: task for task in (EdgesToFace(), LabelsToStreet(), PoseToBody())
}


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
    start: int,
    length: int,
    data: DataFolder,
    strides: Sequence[int],
    *,
    rng: torch.Generator | None = None,
    jitter: float = 0.0,
) -> Clip:
    """Batch some frames of items of `open_clips` and draw their condition maps.

    Args:
        items: of the data set.
        start: first frame of each item to take.
        length: number of frames to take.
        data: the folder that they are from.
        strides: of the reference flows.
        rng: decides the task's random changes to the annotations; None makes none.
        jitter: strength of its changes of shape.
    """
    task = task_of(data)
    parts = [
        {name: value[start : start + length] for name, value in item.items() if name != "index"}
        for item in items
    ]
    drawn = [task.draw(part, data, rng=rng, jitter=jitter) for part in parts]

    def batch(maps: Sequence[Tensor | None]) -> Tensor | None:
        there = [part for part in maps if part is not None]
        return torch.stack(there) if there else None

    return Clip(
        torch.stack([maps.conditions for maps in drawn]),
        torch.stack([part["frames"] for part in parts]),
        {stride: torch.stack([part[f"flow{stride}"] for part in parts]) for stride in strides},
        torch.stack([part["confidence"] for part in parts]),
        batch([maps.foreground_masks for maps in drawn]),
        batch([maps.instances for maps in drawn]),
        batch([maps.regions for maps in drawn]),
    )
