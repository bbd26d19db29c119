"""The whole recipe in one call: prepare, train, train a baseline, generate, evaluate."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from examples.vid2vid.config import TrainConfig
from examples.vid2vid.data import open_data
from examples.vid2vid.evaluate import evaluate
from examples.vid2vid.generate import generate
from examples.vid2vid.train import train


def demonstrate(
    preparation: str,
    prepare: Callable[[Path], object],
    setting: TrainConfig,
    *,
    out: Path,
    baseline_minutes: float,
    overwrite: bool,
    prepare_unseen: Callable[[Path], object] | None = None,
) -> str:
    """Run the recipe and return its evaluation as text.

    The baseline is the same network trained frame by frame, without warp and without video
    discriminators.

    Args:
        preparation: what is prepared, in words.
        prepare: writes the data folder that it is given.
        setting: of the training, with its time limit.
        out: the folder to write: data, two runs, video, contact sheet, evaluation.
        baseline_minutes: training time of the baseline.
        overwrite: replace the folder if there is one.
        prepare_unseen: writes a folder that is not trained on, to measure all sequences of, and to
            generate the first; None takes the frames of the first folder behind
            ``setting.num_train_frames``.

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
    unseen = data
    if prepare_unseen is not None:
        unseen = out / "unseen"
        prepare_unseen(unseen)
    print("2/5 train")
    train(data, run, setting)
    print("3/5 train the baseline, frame by frame")
    alone = replace(setting.model, recurrent=False, flow=False, num_rates=0)
    train(data, baseline, replace(setting, model=alone, minutes=baseline_minutes))
    print("4/5 generate")
    written = generate(run, unseen, out=out, sequence=next(iter(open_data(unseen).sequences)))
    print("5/5 evaluate")
    train_data = None if prepare_unseen is None else data
    text = evaluate(run, unseen, baseline=(baseline,), train_data=train_data, out=out)
    print(f"\n{text}\nLook at {written.sheet} and {written.video}.")
    return text
