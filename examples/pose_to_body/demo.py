"""The whole recipe on the drawn dancer.

    python -m examples.pose_to_body.demo

Draws a dancer, trains on the first frames of its dance, generates the last ones from their
keypoints alone, and measures them beside two baselines: the last real frame repeated, and the same
network trained frame by frame, without warp and without video discriminators.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from examples.synthetic.dancer.__main__ import DancerConfig, make_dancer
from examples.vid2vid.command_line import parse, run_cli
from examples.vid2vid.demo import demonstrate
from examples.vid2vid.presets import CONFIGS


@dataclass
class DemoConfig:
    """How long to train, and where to write."""

    out: Path = Path("runs/pose_demo")
    """The folder to write: data, two runs, video, contact sheet, evaluation."""
    minutes: float = 8.0
    """Training time, of the network and of the baseline each."""
    frames: int = 400
    """Frames of the dance."""
    num_train_frames: int = 340
    """Frames to train on; the rest is generated."""
    overwrite: bool = False
    """Replace the folder if there is one."""


def demo(config: DemoConfig) -> str:
    """Run the recipe and return its evaluation as text.

    Raises:
        ValueError: the folder is there already.
    """
    return demonstrate(
        "keypoints, frames, true flow",
        lambda data: make_dancer(DancerConfig(out=data, frames=config.frames)),
        replace(
            CONFIGS["pose-small"], minutes=config.minutes, num_train_frames=config.num_train_frames
        ),
        out=config.out,
        baseline_minutes=config.minutes,
        overwrite=config.overwrite,
    )


def main() -> None:
    demo(parse(DemoConfig, description=__doc__))


if __name__ == "__main__":
    run_cli(main)
