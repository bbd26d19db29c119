"""The whole recipe in one call: prepare, train, train a baseline, generate, evaluate."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from examples.vid2vid.config import TrainConfig
from examples.vid2vid.evaluate import evaluate
from examples.vid2vid.generate import GenerateOptions, generate
from examples.vid2vid.task import Task
from examples.vid2vid.train import train
from vidgan.files import visible_entries


@dataclass(frozen=True)
class DemoLength:
    """How long a demo trains; the same number of steps gives the same result on any machine.

    Attributes:
        steps: training steps of the network.
        baseline_steps: training steps of the frame-by-frame baseline.
        minutes: time limit of each training; 0: no limit.
        expected: how long the whole demo takes with its default steps, in words.
    """

    steps: int
    baseline_steps: int
    minutes: float
    expected: str


def demonstrate(
    task: type[Task],
    preparation: str,
    prepare: Callable[[Path], object],
    setting: TrainConfig,
    length: DemoLength,
    *,
    out: Path,
    overwrite: bool,
    prepare_unseen: Callable[[Path], object] | None = None,
) -> str:
    """Run the recipe and return its evaluation as text.

    The baseline is the same network trained frame by frame, without warp and without video
    discriminators.

    Args:
        task: the task to demonstrate.
        preparation: what is prepared, in words.
        prepare: writes the data folder whose path it is given.
        setting: configuration of the training.
        length: how long to train.
        out: the folder to write: data, two runs, video, contact sheet, evaluation.
        overwrite: replace the folder if it exists.
        prepare_unseen: writes a folder that is not trained on; all of its sequences are evaluated,
            and the first is generated as a video. None uses the frames of the first folder after
            ``setting.num_train_frames``.

    Raises:
        ValueError: the folder exists already.
    """
    _make_way(out, overwrite=overwrite)
    data, run, baseline = (out / name for name in ("data", "vid2vid", "frame_by_frame"))

    print(f"{length.steps} steps and {length.baseline_steps} of the baseline; {length.expected}")
    print(f"1/5 prepare: {preparation}")
    prepare(data)
    unseen = data
    if prepare_unseen is not None:
        unseen = out / "unseen"
        prepare_unseen(unseen)
    print("2/5 train")
    setting = replace(setting, steps=length.steps, minutes=length.minutes)
    train(task, data, run, setting)
    print("3/5 train the baseline, frame by frame")
    alone = replace(setting.model, recurrent=False, flow=False, num_rates=0)
    train(task, data, baseline, replace(setting, model=alone, steps=length.baseline_steps))
    print("4/5 generate")
    first = next(iter(task.open(unseen).data.sequences))
    written = generate(task, run, unseen, out=out, options=GenerateOptions(sequence=first))
    print("5/5 evaluate")
    train_data = None if prepare_unseen is None else data
    text = evaluate(task, run, unseen, baseline=(baseline,), train_data=train_data, out=out)
    print(f"\n{text}\nLook at {written.sheet} and {written.video}.")
    return text


def _make_way(out: Path, *, overwrite: bool) -> None:
    """Remove an earlier demo; a folder that is empty but for hidden files may stay."""
    if not out.exists() or (out.is_dir() and not visible_entries(out)):
        return
    if not (out / "data" / "dataset.json").is_file():
        raise ValueError(
            f"{out} is not overwritten: it is not the folder of a demo; give another --out"
        )
    if not overwrite:
        raise ValueError(f"{out} exists: add --overwrite, or give another --out")
    shutil.rmtree(out)
