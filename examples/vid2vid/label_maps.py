"""Writes label maps as PNG files of ids, and sequences of label maps into a data folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from vidgan.conditions import color_labels, label_palette
from vidgan.video import write_frames

_BYTE, _SHORT = 255, 65535


def write_ids(folder: Path, ids: Tensor) -> None:
    """Write ids (T, 1, H, W) as 00000.png, ...: with 8 bits if all ids fit, else 16.

    Raises:
        ValueError: an id is negative or over 65535.
    """
    low, high = (int(value) for value in torch.aminmax(ids))
    if low < 0 or high > _SHORT:
        raise ValueError(f"write_ids: ids must be 0 to {_SHORT}, got {low} to {high}")
    dtype = np.uint8 if high <= _BYTE else np.uint16
    folder.mkdir(parents=True)
    for index, frame in enumerate(ids):
        Image.fromarray(frame[0].numpy().astype(dtype)).save(folder / f"{index:05d}.png")


def write_sequence(
    folder: Path,
    name: str,
    frames: Tensor,
    labels: Tensor,
    instances: Tensor | None,
    num_classes: int,
) -> Tensor:
    """Write a sequence without its flow: frames, labels, instances and colored labels.

    Args:
        folder: the data folder.
        name: name of the sequence.
        frames: uint8 (T, 3, H, W).
        labels: class ids, int64 (T, 1, H, W).
        instances: instance ids, int64 (T, 1, H, W), or None.
        num_classes: number of classes.

    Returns:
        The labels in color, uint8 (T, 3, H, W).
    """
    write_frames(folder / "images" / name, frames)
    write_ids(folder / "labels" / name, labels)
    if instances is not None:
        write_ids(folder / "instances" / name, instances)
    colored = color_labels(labels, label_palette(num_classes))
    write_frames(folder / "conditions" / name, colored)
    return colored
