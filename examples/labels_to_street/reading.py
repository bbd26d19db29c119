"""Reads the files of a frame: image, class ids and instance ids, fitted to one size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2.functional import InterpolationMode, resize

from examples.labels_to_street.classes import ClassSet
from examples.labels_to_street.frame_files import FrameFiles
from vidgan.conditions import labels_from_colors
from vidgan.files import existing_file
from vidgan.video import read_frame, read_labels

Encoding = Literal["ids", "red", "colors"]
VOID = 255  # in 8-bit label maps, no class, unless there is a class of this id
_LISTED = 3
# Data sets number the instances of each class from 1, so the class is put in front of the number.
_PER_CLASS = 1000
_LARGEST = 65535


class FrameReader(NamedTuple):
    """Reads frames.

    Attributes:
        classes: the classes of the label maps.
        source: where they are from, for messages.
        encoding: how label maps tell the class of a pixel: ``ids``, one channel of ids; ``red``,
            the id in the red channel and that of the instance in green and blue (CARLA,
            KITTI-STEP); ``colors``, the color of the class.
        ignore: id of pixels without a class, or None.
        shape: (H, W) that frames of other sizes are scaled and cropped to.
        size: (H, W) of what is returned.
        instances: whether label maps of the encoding ``red`` contain instances.
    """

    classes: ClassSet
    source: str
    encoding: Encoding
    ignore: int | None
    shape: tuple[int, int]
    size: tuple[int, int]
    instances: bool = False

    def image(self, files: FrameFiles) -> Tensor:
        """Read the frame, uint8 (3, H, W), resized with antialiasing."""
        frame = crop_to_shape(read_frame(files.image), self.shape)
        if tuple(frame.shape[1:]) == self.size:
            return frame
        resized: Tensor = resize(
            frame, list(self.size), interpolation=InterpolationMode.BICUBIC, antialias=True
        )
        return resized

    def maps(self, files: FrameFiles) -> tuple[Tensor, Tensor | None]:
        """Read class ids and, if there are any, instance ids, int64 (1, H, W) each.

        Raises:
            ValueError: a map has another encoding, or ids or colors that are no class.
        """
        labels, instances = self._labels(files.labels)
        if files.instances is not None:
            instances = read_instances(files.instances)
        fitted = [
            fit_ids(ids, self.shape, self.size) for ids in (labels, instances) if ids is not None
        ]
        self._check(fitted[0], files.labels)
        if self.ignore is not None and self._has_void:
            fitted[0] = torch.where(fitted[0] == VOID, self.ignore, fitted[0])
        return fitted[0], fitted[1] if len(fitted) > 1 else None

    @property
    def _has_void(self) -> bool:
        return len(self.classes.names) <= VOID

    def _labels(self, path: Path) -> tuple[Tensor, Tensor | None]:
        if self.encoding == "ids":
            return read_labels(path), None
        picture = read_frame(path)
        if self.encoding == "red":
            return picture[:1].long(), instances_of(picture) if self.instances else None
        try:
            colors = torch.tensor(self.classes.colors, dtype=torch.uint8)
            return labels_from_colors(picture, colors), None
        except ValueError as error:
            raise ValueError(
                f"{path} must be in the colors of --classes {self.source} ({error})"
            ) from error

    def _check(self, labels: Tensor, path: Path) -> None:
        names = self.classes.names
        found = torch.unique(labels).tolist()
        wrong = [index for index in found if index >= len(names) and index != self.ignore]
        unknown = [index for index in wrong if not (index == VOID and self._has_void)]
        if not unknown:
            return
        listed = ", ".join(map(str, wrong[:_LISTED])) + (", ..." if len(wrong) > _LISTED else "")
        repair = f"name more, or --ignore {unknown[0]}" if len(unknown) == 1 else "name more"
        hint = ""
        if self.encoding == "red":
            hint = (
                "; if its colors stand for the classes, give --classes a file with a name and "
                "red, green and blue per line"
            )
        raise ValueError(
            f"{path} has ids that are no class: {listed}; the {len(names)} classes of "
            f"--classes {self.source} are 0 to {len(names) - 1}; {repair}{hint}"
        )


def find_encoding(path: Path, classes: ClassSet) -> Encoding:
    """Find out how label maps tell the class of a pixel, from the first of them."""
    with Image.open(existing_file(path, "prepare")) as image:
        mode = image.mode
    if mode not in ("RGB", "RGBA") and not (mode == "P" and classes.only_colors):
        return "ids"
    if classes.only_colors:
        return "colors"
    if classes.colors is None:
        return "red"
    try:
        labels_from_colors(read_frame(path), torch.tensor(classes.colors, dtype=torch.uint8))
    except ValueError:
        return "red"
    return "colors"


def has_instances(paths: Sequence[Path]) -> bool:
    """Return whether label maps of the encoding ``red`` have instances in green and blue."""
    return any(bool(read_frame(path)[1:].any()) for path in paths)


def read_instances(path: Path) -> Tensor:
    """Read instance ids, int64 (1, H, W), from one channel of ids or as CARLA stores them."""
    with Image.open(existing_file(path, "prepare")) as image:
        mode = image.mode
    return instances_of(read_frame(path)) if mode in ("RGB", "RGBA") else read_labels(path)


def instances_of(picture: Tensor) -> Tensor:
    """Read instance ids from green and blue, uint8 (3, H, W) -> int64 (1, H, W); 0 is none."""
    red, green, blue = picture.long()
    numbers = green * 256 + blue
    ids = red * _PER_CLASS + numbers
    per_class = (numbers > 0) & (numbers < _PER_CLASS) & (ids <= _LARGEST)
    return torch.where(per_class, ids, numbers)[None]


def crop_to_shape(frame: Tensor, shape: tuple[int, int]) -> Tensor:
    """Crop (C, H, W) to the largest centered part with the aspect ratio of ``shape`` (H', W')."""
    height, width = frame.shape[1:]
    if (height, width) == shape:
        return frame
    scale = max(shape[0] / height, shape[1] / width)
    rows, columns = round(shape[0] / scale), round(shape[1] / scale)
    top, left = (height - rows) // 2, (width - columns) // 2
    return frame[:, top : top + rows, left : left + columns]


def fit_ids(ids: Tensor, shape: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """Crop ids (1, H, W) to the aspect ratio of ``shape``, and resize by the nearest pixel."""
    cropped = crop_to_shape(ids, shape)
    rows, columns = (
        ((torch.arange(new) + 0.5) * old / new).floor().long()
        for new, old in zip(size, cropped.shape[1:], strict=True)
    )
    return cropped[:, rows][:, :, columns]
