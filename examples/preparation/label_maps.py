"""Writes label maps as PNG files of ids, and sequences of label maps into a data folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from vidgan.conditions import color_labels, label_palette
from vidgan.video import read_labels, write_frame

_BYTE, _SHORT = 255, 65535


class IdWriter:
    """Writes ids as 00000.png, 00001.png, ...: with 8 bits if all of them fit, else with 16.

    Args:
        folder: the folder of the sequence; it must not exist.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.length = 0
        self._dtype: type[np.unsignedinteger] = np.uint8

    def write(self, ids: Tensor) -> None:
        """Write the ids of the next frame, (1, H, W).

        Raises:
            ValueError: an id is negative or over 65535.
        """
        _check_ids(ids)
        if self._dtype is np.uint8 and int(ids.max()) > _BYTE:
            self._dtype = np.uint16
            for index in range(self.length):
                self._save(index, read_labels(self._path(index)))
        self._save(self.length, ids)
        self.length += 1

    def _save(self, index: int, ids: Tensor) -> None:
        Image.fromarray(ids[0].numpy().astype(self._dtype)).save(self._path(index))

    def _path(self, index: int) -> Path:
        return self.folder / f"{index:05d}.png"


class SequenceWriter:
    """Writes a sequence without its flow, frame by frame: frames, labels, instances, drawings.

    Args:
        folder: the data folder.
        name: name of the sequence.
        num_classes: number of classes.
    """

    def __init__(self, folder: Path, name: str, num_classes: int) -> None:
        self.folder = folder
        self.name = name
        self.palette = label_palette(num_classes)
        self.labels = IdWriter(folder / "labels" / name)
        self.instances: IdWriter | None = None
        for kind in ("images", "conditions"):
            (folder / kind / name).mkdir(parents=True)

    def write(self, frame: Tensor, labels: Tensor, instances: Tensor | None = None) -> Tensor:
        """Write the next frame.

        Args:
            frame: uint8 (3, H, W).
            labels: class ids, int64 (1, H, W).
            instances: instance ids, int64 (1, H, W), of all frames or of none.

        Returns:
            The labels in color, uint8 (3, H, W).
        """
        file = f"{self.labels.length:05d}.png"
        write_frame(self.folder / "images" / self.name / file, frame)
        self.labels.write(labels)
        if instances is not None:
            self.instances = self.instances or IdWriter(self.folder / "instances" / self.name)
            self.instances.write(instances)
        colored = color_labels(labels, self.palette)
        write_frame(self.folder / "conditions" / self.name / file, colored)
        return colored


def _check_ids(ids: Tensor) -> None:
    low, high = (int(value) for value in torch.aminmax(ids))
    if low < 0 or high > _SHORT:
        raise ValueError(f"label_maps: ids must be 0 to {_SHORT}, got {low} to {high}")
