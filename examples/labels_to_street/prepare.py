"""Turn frames and their label maps into a data folder: sequences, ids, reference flow.

    python -m examples.labels_to_street prepare --images IMAGES --labels LABELS --out DATA

Sequences are sub-folders, or derived from file names. docs/public_data.md: commands for data sets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from examples.labels_to_street.classes import CITYSCAPES, ClassSet, find_class, read_class_set
from examples.labels_to_street.frame_files import FrameFiles, find_frames
from examples.labels_to_street.reading import (
    VOID,
    FrameReader,
    find_encoding,
    has_instances,
)
from examples.labels_to_street.sizes import common_size, target_size
from examples.labels_to_street.writing import write_sequences
from examples.preparation.preprocessing import ESTIMATORS, check_strides, write_description
from vidgan.extras import import_extra
from vidgan.files import atomic_folder

_FEWEST = 3  # frames of a sequence: two are given, one is trained on


@dataclass
class PrepareConfig:
    """Options of ``prepare``."""

    images: Path
    """Folder with the frames, PNG or JPEG; it may have wildcards, as in 'data/*/origin'."""
    labels: Path
    """Folder with their label maps: PNG of class ids, 8 or 16 bit, or with a palette; RGB with the
    id in the red channel (CARLA, KITTI-STEP); or RGB with the colors of --classes."""
    instances: Path | None = None
    """Folder with their instance maps: PNG of arbitrary ids, different for different instances. By
    default those in green and blue of RGB label maps, if there are any."""
    out: Path = Path("data")
    """The data folder to write."""
    classes: str = CITYSCAPES
    """Names of the classes in the order of their ids: cityscapes (35 ids), cityscapes-train,
    kitti-step, kitti-360 or carla; or a file: JSON, one name per line, or one name and its red,
    green and blue per line."""
    foreground: tuple[str, ...] | None = None
    """Classes that the foreground network generates (Eq. 9), by name or id; by default people and
    vehicles for cityscapes and its like, none for a file."""
    ignore: int | None = None
    """Id of pixels without a class, besides 255 if it is none of them; by default that of
    --classes."""
    width: int | None = None
    """Width of the frames written; by default unchanged (if the networks can halve it), or to match
    --height. Frames of several sizes are scaled and cropped to the most frequent one."""
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
        notes: what was left out, split or cropped, in words.
    """

    folder: Path
    sequences: dict[str, int]
    too_short: list[str]
    size: tuple[int, int]
    num_classes: int
    foreground: list[str]
    instances: str
    notes: list[str]


def prepare(config: PrepareConfig) -> PrepareReport:
    """Write the data folder; an error or Ctrl-C leaves nothing behind.

    Raises:
        FileNotFoundError: a folder or file does not exist.
        ValueError: files do not match each other, the classes or the options.
    """
    _check(config)
    classes = read_class_set(config.classes)
    foreground = _foreground(config, classes)
    ignore = classes.ignore if config.ignore is None else config.ignore
    found = find_frames(config.images, config.labels, config.instances)
    sequences, too_short = _long_enough(found.sequences, config.max_frames)
    shape, unlike = common_size(sequences)
    size, rounded = target_size(shape, config.height, config.width)
    notes = [*found.notes, *unlike, *rounded]
    strides = [stride for stride in config.strides if stride < max(map(len, sequences.values()))]
    reader = FrameReader(classes, config.classes, "ids", ignore, shape, size)
    reader = _with_encoding(reader, sequences, config)
    has_maps = config.instances is not None or reader.instances
    with atomic_folder(
        config.out, overwrite=config.overwrite, mark="dataset.json", command="prepare"
    ) as folder:
        written = write_sequences(folder, sequences, reader, ESTIMATORS[config.flow](), strides)
        if written.has_void and ignore is None:
            ignore = VOID
            notes.append(f"pixels of the id {VOID}, which is none of the classes, have no class")
        write_description(
            folder,
            task="labels_to_street",
            fps=config.fps,
            size=size,
            flow=config.flow,
            strides=strides,
            sequences={name: {"frames": len(files)} for name, files in sequences.items()},
            annotations=["labels"] + ["instances"] * has_maps,
            classes=classes.names,
            foreground=foreground,
            ignore=ignore,
            instances=has_maps,
            source_size=shape,
        )
    about = (
        "instance edges"
        if has_maps
        else "no instance maps: neighbors of one class are not told apart"
    )
    if has_maps and written.largest_instance == 0:
        about = "instance maps that are 0 everywhere: no edges, as if there were none"
    return PrepareReport(
        config.out,
        {name: len(files) for name, files in sequences.items()},
        too_short,
        size,
        len(classes.names),
        [classes.names[index] for index in foreground],
        about,
        notes,
    )


def _with_encoding(
    reader: FrameReader, sequences: Mapping[str, Sequence[FrameFiles]], config: PrepareConfig
) -> FrameReader:
    """Find out how the label maps tell the classes, and whether they have instances."""
    first = next(iter(sequences.values()))[0].labels
    reader = reader._replace(encoding=find_encoding(first, reader.classes))
    if reader.encoding != "red" or config.instances is not None:
        return reader
    picks = [
        files[index].labels for files in sequences.values() for index in (0, len(files) // 2, -1)
    ]
    return reader._replace(instances=has_instances(picks))


def _foreground(config: PrepareConfig, classes: ClassSet) -> list[int]:
    """Find the foreground classes by name or id."""
    if config.foreground is None:
        return list(classes.foreground)
    try:
        return sorted({find_class(text, classes.names) for text in config.foreground})
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
    tyro = import_extra("tyro", "examples")
    report = prepare(tyro.cli(PrepareConfig, args=arguments, prog=prog, description=__doc__))
    left = f" ({len(report.too_short)} shorter than 3 left out)" if report.too_short else ""
    print(
        f"{report.folder}: {sum(report.sequences.values())} frames in {len(report.sequences)} "
        f"sequences{left}, {report.size[1]}x{report.size[0]}; {report.num_classes} classes, "
        f"foreground: {', '.join(report.foreground) or 'none'}; {report.instances}. "
        f"Look at {report.folder / 'contact_sheet.png'}."
    )
    for note in report.notes:
        print(f"note: {note}")
