"""The whole recipe on rendered streets.

    python -m examples.labels_to_street.demo

Renders drives through random streets, trains on some of them, generates drives through streets that
were not among them from their labels alone, and measures them beside two baselines: the last real
frame repeated, and the same network trained frame by frame, without warp and without video
discriminators.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from examples.synthetic.street.__main__ import WorldConfig, make_world
from examples.vid2vid.command_line import parse, run_cli
from examples.vid2vid.demo import demonstrate
from examples.vid2vid.presets import CONFIGS


@dataclass
class DemoConfig:
    """How long to train, and where to write."""

    out: Path = Path("runs/street_demo")
    """The folder to write: data, two runs, video, contact sheet, evaluation."""
    minutes: float = 9.5
    """Training time, of the network and of the baseline each."""
    sequences: int = 12
    """Drives to train on."""
    unseen: int = 4
    """Drives to measure on; the first is written as a video."""
    frames: int = 40
    """Frames of each drive."""
    height: int = 64
    """Height of the frames in pixels."""
    width: int = 128
    """Width of the frames in pixels."""
    overwrite: bool = False
    """Replace the folder if there is one."""


def demo(config: DemoConfig) -> str:
    """Run the recipe and return its evaluation as text.

    Raises:
        ValueError: the folder is there already.
    """
    world = WorldConfig(
        sequences=config.sequences,
        frames=config.frames,
        height=config.height,
        width=config.width,
    )
    small = CONFIGS["street-small"]
    most = config.frames - small.model.past_frames
    setting = replace(
        small,
        minutes=config.minutes,
        clip_length=min(small.clip_length, most),
        first_clip_length=min(small.first_clip_length, most),
    )
    return demonstrate(
        "drives to train on, and others to measure on",
        lambda folder: make_world(replace(world, out=folder)),
        setting,
        out=config.out,
        baseline_minutes=config.minutes,
        overwrite=config.overwrite,
        prepare_unseen=lambda folder: make_world(
            replace(world, out=folder, sequences=config.unseen, seed=world.seed + 1)
        ),
    )


def main() -> None:
    demo(parse(DemoConfig, description=__doc__))


if __name__ == "__main__":
    run_cli(main)
