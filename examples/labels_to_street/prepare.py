"""Turn frames and their label maps into a data folder: sequences, ids, reference flow.

    python -m examples.labels_to_street prepare --images IMAGES --labels LABELS --out DATA

Sequences are sub-folders, or are derived from the names of files named as in Cityscapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from examples.labels_to_street.classes import CITYSCAPES, find_class, read_classes
from examples.labels_to_street.frame_files import (
    FrameFiles,
    find_frames,
    read_class_ids,
    read_ids,
    read_image,
)
from examples.vid2vid.contact_sheet import contact_sheet
from examples.vid2vid.label_maps import write_sequence
from examples.vid2vid.preprocessing import (
    ESTIMATORS,
    check_strides,
    write_description,
    write_flows,
)
from vidgan.conditions import CITYSCAPES_FOREGROUND
from vidgan.extras import import_extra
from vidgan.files import atomic_folder
from vidgan.protocols import FlowEstimator
from vidgan.video import image_size, write_frame

_FEWEST = 3  # frames of a sequence: two are given, one is trained on
_MULTIPLE = 8  # of the side that is not specified, so that the networks can halve it


@dataclass
class PrepareConfig:
    """Options of ``prepare``."""

    images: Path
    """Folder with the frames, PNG or JPEG."""
    labels: Path
    """Folder with their label maps: PNG of class ids, 8 or 16 bit, or with a palette."""
    instances: Path | None = None
    """Folder with their instance maps: PNG of arbitrary ids, different for different instances."""
    out: Path = Path("data")
    """The data folder to write."""
    classes: str = CITYSCAPES
    """Names of the classes in the order of their ids: cityscapes (35 ids), or a file, JSON or one
    name per line."""
    foreground: tuple[str, ...] | None = None
    """Classes that the foreground network generates (Eq. 9), by name or id; by default people and
    vehicles for cityscapes, none otherwise."""
    ignore: int | None = None
    """Id of pixels without a class, such as 255."""
    width: int | None = None
    """Width of the frames written; by default unchanged, or to match --height."""
    height: int | None = None
    """Height of the frames written; by default unchanged, or to match --width."""
    fps: float = 17.0
    """Frames per second."""
    flow: Literal["dis", "farneback", "raft"] = "dis"
    """Estimator of the reference flow."""
    strides: tuple[int, ...] = (1, 3, 9)
    """Temporal strides for which reference flow is written; those longer than the shortest sequence
    are left out."""
    max_frames: int | None = None
    """Maximum number of frames to read from each sequence."""
    overwrite: bool = False
    """Replace the data folder if it exists."""


class PrepareReport(NamedTuple):
    """The data folder that was written.

    Attributes:
        folder: the data folder.
        sequences: name -> number of frames.
        too_short: sequences that were left out.
        size: (H, W) of the frames written.
        num_classes: number of classes.
        foreground: names of the foreground classes.
        instances: how the instance maps are used, in words.
    """

    folder: Path
    sequences: dict[str, int]
    too_short: list[str]
    size: tuple[int, int]
    num_classes: int
    foreground: list[str]
    instances: str


def prepare(config: PrepareConfig) -> PrepareReport:
    """Write the data folder; an error or Ctrl-C leaves nothing behind.

    Raises:
        FileNotFoundError: a folder or file does not exist.
        ValueError: files do not match each other, the classes or the options.
    """
    _check(config)
    names = read_classes(config.classes)
    foreground = _foreground(config, names)
    sequences, too_short = _long_enough(
        find_frames(config.images, config.labels, config.instances), config.max_frames
    )
    size, target = _sizes(sequences, config)
    strides = [stride for stride in config.strides if stride < max(map(len, sequences.values()))]
    with atomic_folder(
        config.out, overwrite=config.overwrite, mark="dataset.json", command="prepare"
    ) as folder:
        estimate: FlowEstimator = ESTIMATORS[config.flow]()
        most_ids = 0
        for number, (name, files) in enumerate(sequences.items()):
            frames = torch.stack([read_image(file, target) for file in files])
            labels, instances = _read_maps(files, names, config, target)
            if instances is not None:
                most_ids = max(most_ids, int(instances.max()))
            colored = write_sequence(folder, name, frames, labels, instances, len(names))
            flows = write_flows(folder, name, frames, estimate, tuple(strides))
            if number == 0:
                sheet = contact_sheet(frames, colored, flows)
                write_frame(folder / "contact_sheet.png", sheet)
        write_description(
            folder,
            task="labels_to_street",
            fps=config.fps,
            size=target,
            flow=config.flow,
            strides=strides,
            sequences={name: {"frames": len(files)} for name, files in sequences.items()},
            annotations=["labels"] + ["instances"] * (config.instances is not None),
            classes=names,
            foreground=foreground,
            ignore=config.ignore,
            instances=config.instances is not None,
            source_size=size,
        )
    about = "no instance maps: neighbors of one class are not told apart"
    if config.instances is not None:
        about = "instance edges"
        if most_ids == 0:
            about = "instance maps that are 0 everywhere: no edges, as if there were none"
    return PrepareReport(
        config.out,
        {name: len(files) for name, files in sequences.items()},
        too_short,
        target,
        len(names),
        [names[index] for index in foreground],
        about,
    )


def _read_maps(
    files: Sequence[FrameFiles], names: Sequence[str], config: PrepareConfig, size: tuple[int, int]
) -> tuple[Tensor, Tensor | None]:
    """Read labels and, if there are any, instances, int64 (T, 1, H, W) each."""
    options = (config.classes, config.ignore, size)
    labels = torch.stack([read_class_ids(file, names, *options) for file in files])
    instances = [read_ids(file.instances, size) for file in files if file.instances]
    return labels, torch.stack(instances) if instances else None


def _foreground(config: PrepareConfig, names: tuple[str, ...]) -> list[int]:
    """Find the foreground classes by name or id."""
    if config.foreground is None:
        return list(CITYSCAPES_FOREGROUND) if config.classes == CITYSCAPES else []
    try:
        return sorted({find_class(text, names) for text in config.foreground})
    except ValueError as error:
        raise ValueError(f"foreground: {error}") from error


def _long_enough(
    found: dict[str, list[FrameFiles]], max_frames: int | None
) -> tuple[dict[str, list[FrameFiles]], list[str]]:
    """Cut sequences to ``max_frames``, and leave out those that are too short."""
    cut = {name: files[:max_frames] for name, files in found.items()}
    sequences = {name: files for name, files in cut.items() if len(files) >= _FEWEST}
    if not sequences:
        name = max(cut, key=lambda name: len(cut[name]))
        raise ValueError(
            f"sequences must have at least {_FEWEST} frames, the longest of {len(cut)} ({name}) "
            f"has {len(cut[name])}; give label maps of consecutive frames, not of single ones"
        )
    return sequences, [name for name in cut if name not in sequences]


def _sizes(
    sequences: dict[str, list[FrameFiles]], config: PrepareConfig
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Check that all files have the same size; return it and the size to write, (H, W)."""
    every = [files for sequence in sequences.values() for files in sequence]
    first = every[0].image
    size = image_size(first)
    for files in every:
        for file in files:
            if file is not None and image_size(file) != size:
                raise ValueError(
                    f"{file} must have the size (H, W) = {size} of {first}, got {image_size(file)}"
                )
    width, height = config.width, config.height
    if width is None and height is None:
        return size, size
    if height is None and width is not None:
        height = max(1, round(size[0] * width / size[1] / _MULTIPLE)) * _MULTIPLE
    if width is None and height is not None:
        width = max(1, round(size[1] * height / size[0] / _MULTIPLE)) * _MULTIPLE
    return size, (int(height or 0), int(width or 0))


def _check(config: PrepareConfig) -> None:
    for name in ("width", "height"):
        side = getattr(config, name)
        if side is not None and side < 32:
            raise ValueError(f"prepare: {name} must be at least 32, got {side}")
    check_strides(config.strides)
    if config.max_frames is not None and config.max_frames < _FEWEST:
        raise ValueError(f"prepare: max_frames must be at least 3, got {config.max_frames}")
    if config.fps <= 0:
        raise ValueError(f"prepare: fps must be positive, got {config.fps}")
    if config.ignore is not None and not 0 <= config.ignore <= 65535:
        raise ValueError(f"prepare: ignore must be 0 to 65535, got {config.ignore}")


def main(arguments: Sequence[str], prog: str) -> None:
    # The folders are easily confused, so they are options, not positional arguments.
    report = prepare(
        import_extra("tyro", "examples").cli(
            PrepareConfig, args=arguments, prog=prog, description=__doc__
        )
    )
    left = f" ({len(report.too_short)} shorter than 3 left out)" if report.too_short else ""
    print(
        f"{report.folder}: {sum(report.sequences.values())} frames in {len(report.sequences)} "
        f"sequences{left}, {report.size[1]}x{report.size[0]}; {report.num_classes} classes, "
        f"foreground: {', '.join(report.foreground) or 'none'}; {report.instances}. "
        f"Look at {report.folder / 'contact_sheet.png'}."
    )
