"""The whole recipe on the rendered dancer.

Renders a dancer, trains on the first frames of its dance, generates the last ones from their
keypoints alone, and evaluates them against two baselines: the last real frame repeated, and the
same network trained frame by frame, without warp and without video discriminators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from examples.pose_to_body.task import PoseToBody
from examples.synthetic.dancer.data_folder import DancerConfig, make_dancer
from examples.vid2vid.command_line import parse
from examples.vid2vid.demo import DemoLength, demonstrate


@dataclass
class DemoConfig:
    """Options of the demo."""

    out: Path = Path("runs/pose_demo")
    """The folder to write: data, two runs, video, contact sheet, evaluation."""
    steps: int = 700
    """Optimizer steps of the training."""
    baseline_steps: int = 1000
    """Optimizer steps of the frame-by-frame baseline, which then trains for about as long."""
    minutes: float = 0.0
    """Time limit of each training, in minutes; 0: no limit."""
    frames: int = 400
    """Frames of the dance."""
    num_train_frames: int = 340
    """Frames to train on; the remaining ones are generated."""
    overwrite: bool = False
    """Replace the folder if it exists."""


def demo(config: DemoConfig) -> str:
    """Run the recipe and return its evaluation as text.

    Raises:
        ValueError: the folder exists already.
    """
    return demonstrate(
        PoseToBody,
        "keypoints, frames, true flow",
        lambda data: make_dancer(DancerConfig(out=data, frames=config.frames)),
        replace(PoseToBody.settings()["pose-small"], num_train_frames=config.num_train_frames),
        DemoLength(
            config.steps,
            config.baseline_steps,
            config.minutes,
            "about 19 minutes on one CPU core with the default number of steps",
        ),
        out=config.out,
        overwrite=config.overwrite,
    )


def main(arguments: Sequence[str], prog: str) -> None:
    demo(parse(DemoConfig, arguments, prog, description=__doc__))
