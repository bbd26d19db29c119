"""The whole recipe on rendered streets.

    python -m examples.labels_to_street.demo

Renders drives through random streets, trains on some of them, generates a drive through a street
that was not among them from its labels alone, and measures it beside two baselines: the last real
frame repeated, and the same network trained frame by frame, without warp and without video
discriminators.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from examples.labels_to_street.world import WorldConfig, make_world
from examples.vid2vid.cli import parse, run_cli
from examples.vid2vid.config import FRAME_BY_FRAME, RECOMMENDED, TrainConfig
from examples.vid2vid.evaluate import evaluate
from examples.vid2vid.generate import generate
from examples.vid2vid.train import train


@dataclass
class DemoConfig:
    """How long to train, and where to write."""

    out: Path = Path("runs/street_demo")
    """The folder to write: data, two runs, video, contact sheet, evaluation."""
    minutes: float = 8.0
    """Training time; the frame-by-frame baseline gets a third, for about half as many steps."""
    sequences: int = 12
    """Drives to train on."""
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
    if config.out.exists():
        if not config.overwrite:
            raise ValueError(f"{config.out} exists: add --overwrite, or give another --out")
        shutil.rmtree(config.out)
    seen, unseen = config.out / "train", config.out / "test"
    run, baseline = config.out / "recommended", config.out / "frame_by_frame"

    print("1/5 render: drives to train on, and one through a street of its own")
    world = WorldConfig(
        out=seen,
        sequences=config.sequences,
        frames=config.frames,
        height=config.height,
        width=config.width,
    )
    make_world(world)
    make_world(replace(world, out=unseen, sequences=1, seed=1))
    print("2/5 train")
    train(seen, run, _short(RECOMMENDED, config, config.minutes))
    print("3/5 train the baseline, frame by frame")
    train(seen, baseline, _short(FRAME_BY_FRAME, config, config.minutes / 3))
    print("4/5 generate")
    written = generate(run, unseen, out=config.out)
    print("5/5 evaluate")
    text = evaluate(run, unseen, baseline=(baseline,), train_data=seen, out=config.out)
    print(f"\n{text}\nLook at {written.sheet} and {written.video}.")
    return text


def _short(setting: TrainConfig, config: DemoConfig, minutes: float) -> TrainConfig:
    """Shorten a setting to a time, with clips that fit the drives."""
    most = config.frames - setting.model.past_frames
    return replace(
        setting,
        minutes=minutes,
        clip_length=min(setting.clip_length, most),
        first_clip_length=min(setting.first_clip_length, most),
    )


def main() -> None:
    demo(parse(DemoConfig, description=__doc__))


if __name__ == "__main__":
    run_cli(main)
