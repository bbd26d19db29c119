"""The whole recipe on rendered streets.

Renders drives through random streets, trains on some of them, generates drives through streets that
were not among them from their labels alone, and evaluates them against two baselines: the last real
frame repeated, and the same network trained frame by frame, without warp and without video
discriminators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from examples.labels_to_street.task import LabelsToStreet
from examples.synthetic.street.data_folder import StreetConfig, make_street
from examples.vid2vid.command_line import parse
from examples.vid2vid.demo import DemoLength, demonstrate


@dataclass
class DemoConfig:
    """Options of the demo."""

    out: Path = Path("runs/street_demo")
    """The folder to write: data, two runs, video, contact sheet, evaluation."""
    steps: int = 2500
    """Optimizer steps of the training."""
    baseline_steps: int = 3900
    """Optimizer steps of the frame-by-frame baseline, which then trains for about as long."""
    minutes: float = 0.0
    """Time limit of each training, in minutes; 0: no limit."""
    sequences: int = 12
    """Drives to train on."""
    unseen: int = 4
    """Drives to evaluate on; the first is written as a video."""
    frames: int = 40
    """Frames of each drive."""
    height: int = 64
    """Height of the frames in pixels."""
    width: int = 128
    """Width of the frames in pixels."""
    overwrite: bool = False
    """Replace the folder if it exists."""


def demo(config: DemoConfig) -> str:
    """Run the recipe and return its evaluation as text.

    Raises:
        ValueError: the folder exists already.
    """
    world = StreetConfig(
        sequences=config.sequences,
        frames=config.frames,
        height=config.height,
        width=config.width,
    )
    small = LabelsToStreet.settings()["street-small"]
    most = config.frames - small.model.past_frames
    setting = replace(
        small,
        clip_length=min(small.clip_length, most),
        first_clip_length=min(small.first_clip_length, most),
    )
    return demonstrate(
        LabelsToStreet,
        "drives to train on, and others to evaluate on",
        lambda folder: make_street(replace(world, out=folder)),
        setting,
        DemoLength(
            config.steps,
            config.baseline_steps,
            config.minutes,
            "about 21 minutes on two idle CPU cores with the default number of steps",
        ),
        out=config.out,
        overwrite=config.overwrite,
        prepare_unseen=lambda folder: make_street(
            replace(world, out=folder, sequences=config.unseen, seed=world.seed + 1)
        ),
    )


def main(arguments: Sequence[str], prog: str) -> None:
    demo(parse(DemoConfig, arguments, prog, description=__doc__))
