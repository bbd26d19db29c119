"""Label maps as files, and the description of a folder of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from vidgan.conditions import color_labels, label_palette
from vidgan.video import write_frames

TASK = "labels_to_street"
_BYTE, _SHORT = 255, 65535


def write_ids(folder: Path, ids: Tensor) -> None:
    """Write ids (T, 1, H, W) as 00000.png, ...: 8 bit where all of them fit, else 16 bit.

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
    """Write what a sequence consists of, but for its flow.

    Args:
        folder: the data folder.
        name: of the sequence.
        frames: uint8 (T, 3, H, W).
        labels: class ids, int64 (T, 1, H, W).
        instances: instance ids likewise, or None.
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


def describe(
    *,
    fps: float,
    size: tuple[int, int],
    classes: Sequence[str],
    foreground: Sequence[int],
    ignore: int | None,
    instances: bool,
    flow: str,
    strides: Sequence[int],
    sequences: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """Make the content of ``dataset.json``."""
    return {
        "format": 1,
        "task": TASK,
        "fps": fps,
        "size": list(size),
        "classes": list(classes),
        "foreground": list(foreground),
        "ignore": ignore,
        "instances": instances,
        "flow": flow,
        "strides": list(strides),
        "sequences": sequences,
    }
