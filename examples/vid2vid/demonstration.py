"""The whole recipe in one call: prepare, train, train a baseline, generate, evaluate."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from examples.vid2vid.config import FRAME_BY_FRAME, RECOMMENDED
from examples.vid2vid.evaluate import evaluate
from examples.vid2vid.generate import generate
from examples.vid2vid.train import train


def demonstrate(
    preparation: str,
    prepare: Callable[[Path], object],
    *,
    out: Path,
    minutes: float,
    train_frames: int,
    overwrite: bool,
) -> str:
    """Run the recipe on one clip and return its evaluation as text.

    Args:
        preparation: what is prepared, in words.
        prepare: writes the data folder that it is given.
        out: the folder to write: data, two runs, video, contact sheet, evaluation.
        minutes: training time; the frame-by-frame baseline gets a third.
        train_frames: frames to train on; the rest is generated.
        overwrite: replace the folder if there is one.

    Raises:
        ValueError: the folder is there already.
    """
    if out.exists():
        if not overwrite:
            raise ValueError(f"{out} exists: add --overwrite, or give another --out")
        shutil.rmtree(out)
    data, run, baseline = (out / name for name in ("data", "recommended", "frame_by_frame"))

    print(f"1/5 prepare: {preparation}")
    prepare(data)
    print("2/5 train")
    train(data, run, replace(RECOMMENDED, minutes=minutes, train_frames=train_frames))
    print("3/5 train the baseline, frame by frame")
    short = replace(FRAME_BY_FRAME, minutes=minutes / 3, train_frames=train_frames)
    train(data, baseline, short)
    print("4/5 generate")
    written = generate(run, data, out=out)
    print("5/5 evaluate")
    text = evaluate(run, data, baseline=(baseline,), out=out)
    print(f"\n{text}\nLook at {written.sheet} and {written.video}.")
    return text
