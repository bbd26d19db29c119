"""Render drives through random streets as a prepared data folder, for use without a data set.

    python -m examples.synthetic.street --out data/street --sequences 12 --frames 40

It contains frames, labels, instances, and the true flow with its confidence; the classes are the
first 14 of the 19 training classes of Cityscapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from examples.preparation.contact_sheet import ContactSheet
from examples.preparation.flow_writer import write_flow_pair
from examples.preparation.label_maps import SequenceWriter
from examples.preparation.preprocessing import (
    check_strides,
    write_description,
)
from examples.synthetic.street.builder import CLASSES, FOREGROUND
from examples.synthetic.street.drive import FPS, StreetDrive
from examples.vid2vid.command_line import parse
from vidgan.extras import import_extra
from vidgan.files import atomic_folder
from vidgan.video import write_frame


@dataclass
class StreetConfig:
    """Options of the rendering."""

    out: Path = Path("data/street")
    """The data folder to write."""
    sequences: int = 12
    """Number of drives, each through a different street."""
    frames: int = 40
    """Frames of each drive."""
    height: int = 64
    """Height of the frames in pixels."""
    width: int = 128
    """Width of the frames in pixels."""
    seed: int = 0
    """Seed of the streets; use different seeds for training and for unseen streets."""
    strides: tuple[int, ...] = (1, 3, 9)
    """Temporal strides for which true flow is written."""
    overwrite: bool = False
    """Replace the data folder if it exists."""


def make_street(config: StreetConfig) -> Path:
    """Render the data folder; an error or Ctrl-C leaves nothing behind.

    Raises:
        ValueError: an option is out of range.
    """
    _check(config)
    size, strides = (config.height, config.width), [s for s in config.strides if s < config.frames]
    drives: dict[str, dict[str, int]] = {}
    with atomic_folder(
        config.out, overwrite=config.overwrite, mark="dataset.json", command="street"
    ) as folder:
        bar = import_extra("tqdm", "examples").tqdm(
            total=config.sequences * config.frames, desc="render", disable=None
        )
        for number in range(config.sequences):
            name = f"drive{number:03d}"
            drive = StreetDrive(size, config.frames, (config.seed, number))
            writer = SequenceWriter(folder, name, len(CLASSES))
            sheet = ContactSheet(config.frames)
            for time in range(config.frames):
                frame, labels, instances = drive.render(time)
                colored = writer.write(frame, labels, instances)
                sheet.add(time, frame, colored, _write_flows(folder, name, drive, time, strides))
                drive.forget(time - max(strides))
                bar.update()
            drives[name] = {"frames": config.frames}
            if number == 0:
                write_frame(folder / "contact_sheet.png", sheet.image())
        bar.close()
        write_description(
            folder,
            task="labels_to_street",
            fps=FPS,
            size=size,
            flow="true",
            strides=strides,
            sequences=drives,
            annotations=["labels", "instances"],
            classes=CLASSES,
            foreground=[CLASSES.index(name) for name in FOREGROUND],
            ignore=None,
            instances=True,
            source="rendered",
            seed=config.seed,
        )
    return config.out


def _write_flows(
    folder: Path, name: str, drive: StreetDrive, time: int, strides: list[int]
) -> Tensor | None:
    """Write the flows of one frame; return the one of stride 1, if any."""
    neighbor = None
    for stride in (stride for stride in strides if stride <= time):
        flow, confidence = drive.flow(time, stride)
        write_flow_pair(folder, name, time, stride, flow, confidence)
        if stride == 1:
            neighbor = flow
    return neighbor


def _check(config: StreetConfig) -> None:
    if min(config.height, config.width) < 32:
        raise ValueError(
            f"street: height and width must be at least 32, got {config.height} and {config.width}"
        )
    if config.frames < 3:
        raise ValueError(f"street: frames must be at least 3, got {config.frames}")
    if config.sequences < 1:
        raise ValueError(f"street: sequences must be at least 1, got {config.sequences}")
    if config.seed < 0:
        raise ValueError(f"street: seed must be at least 0, got {config.seed}")
    check_strides(config.strides)


def main() -> None:
    config = parse(StreetConfig, prog="python -m examples.synthetic.street", description=__doc__)
    folder = make_street(config)
    print(
        f"{folder}: {config.sequences} drives of {config.frames} frames, "
        f"{config.width}x{config.height}. Look at {folder / 'contact_sheet.png'}."
    )
