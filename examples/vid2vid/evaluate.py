"""Evaluate the video of a trained run, alongside baselines.

Generates the frames from the checkpoint, and writes a table into the run's folder as evaluation.md
and evaluation.json.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from examples.vid2vid.generate import Precision, generate_frames
from examples.vid2vid.metrics import (
    MetricNetworks,
    Metrics,
    build_metric_networks,
    describe_metrics,
    evaluate_frames,
    mean_metrics,
    metrics_table,
)
from examples.vid2vid.runs import Run, Weights, load_run
from examples.vid2vid.sequences import DrivingSequence, frame_range
from examples.vid2vid.styles import build_styler
from examples.vid2vid.task import Task, TaskMetric
from vidgan.files import atomic_entries

REPEAT, REAL = "repeat the last real frame", "the real frames"


def evaluate(
    task: type[Task],
    run: Path,
    data: Path,
    /,
    *,
    baseline: tuple[Path, ...] = (),
    train_data: Path | None = None,
    out: Path | None = None,
    start: int | None = None,
    frames: int | None = None,
    sequence: str | None = None,
    weights: Weights = "averaged",
    precision: Precision = "float32",
    lpips_backbone: Path | None = None,
) -> str:
    """Evaluate the video of a trained run, alongside a repeated last real frame and other runs.

    Writes evaluation.md and evaluation.json, and returns the text of the first.

    Args:
        task: Task of the data and the runs.
        run: Folder of the trained run, or a checkpoint file.
        data: Prepared data folder with real frames.
        baseline: Other runs to evaluate in the same way.
        train_data: The folder that the runs were trained on, if it is not DATA: then all of DATA is
            unseen, and the task's own metric may learn from all of that folder.
        out: Folder to write into; by default the run folder.
        start: First frame to generate; by default the first that the run was not trained on.
        frames: Number of frames; by default all that follow.
        sequence: Name of one sequence; by default all sequences are evaluated and averaged.
        weights: The weights averaged over the training, or the last ones.
        precision: bfloat16 is faster on hardware that supports it.
        lpips_backbone: A local file of torchvision's AlexNet: print LPIPS as well as ST-LPIPS.
    """
    bound = task.open(data)
    names = list(bound.data.sequences) if sequence is None else [sequence]
    driving = [DrivingSequence(bound, name) for name in names]
    runs = {path: load_run(path, bound, weights=weights) for path in (run, *baseline)}
    if train_data is not None and start is None:
        start = runs[run].config.model.past_frames
    parts = []
    for part in driving:
        begin, count = frame_range(part, runs[run].config, start, frames)
        part.real_frames(range(begin, begin + count))  # fail early if any is missing
        parts.append((part, range(begin, begin + count)))
    begin = min(indices.start for _, indices in parts)
    notes = _notes(runs, begin) if train_data is None else []
    facts = {"format": 2, "run": str(run), "data": str(data), "weights": weights, "notes": notes}
    root = out or runs[run].folder
    files = ("evaluation.md", "evaluation.json")
    with atomic_entries(root, files, command="evaluate", overwrite=True) as temporary:
        networks = build_metric_networks(_own_metric(bound, begin, train_data), lpips_backbone)
        evaluated = [_evaluate_sequence(runs, *part, precision, networks) for part in parts]
        rows = {name: mean_metrics([part[name] for part in evaluated]) for name in evaluated[0]}
        text = "\n\n".join([metrics_table(rows), *notes, describe_metrics(networks)]) + "\n"
        (temporary / files[0]).write_text(text)
        facts |= {"precision": precision, **_facts(parts, runs, rows)}
        (temporary / files[1]).write_text(json.dumps(facts, indent=2, allow_nan=False) + "\n")
    return text


def _facts(
    parts: Sequence[tuple[DrivingSequence, range]],
    runs: Mapping[Path, Run],
    rows: Mapping[str, Metrics],
) -> dict[str, Any]:
    """Collect the evaluated frames and their metrics for the JSON file."""
    return {
        "sequences": {
            part.name: {"start": indices.start, "frames": len(indices)} for part, indices in parts
        },
        "steps": {str(path): trained.step for path, trained in runs.items()},
        "rows": {name: _finite(row) for name, row in rows.items()},
    }


def _evaluate_sequence(
    runs: Mapping[Path, Run],
    driving: DrivingSequence,
    indices: range,
    precision: Precision,
    networks: MetricNetworks,
) -> dict[str, Metrics]:
    """Evaluate the runs' videos, the last real frame repeated, and the real frames themselves."""
    start, count = indices.start, len(indices)
    real = driving.real_frames(indices)
    last_real = driving.real_frames(range(start - 1, start))[0]
    annotations = driving.annotations(indices)

    def metrics(frames: Tensor) -> Metrics:
        return evaluate_frames(frames, real, last_real, annotations, networks)

    rows = {}
    for path, trained in runs.items():
        driving.real_frames(range(start - trained.config.model.past_frames, start))
        styler = build_styler(trained, None, driving, start - 1)
        steps = generate_frames(
            trained.generator, driving, start, count, styler=styler, precision=precision
        )
        rows[_name(path, runs)] = metrics(torch.stack([step.frame for step in steps]))
    return {**rows, REPEAT: metrics(last_real.expand_as(real)), REAL: metrics(real)}


def _own_metric(task: Task, start: int, train_data: Path | None) -> TaskMetric | None:
    """Build the task's own metric, which learns from earlier frames or from another folder."""
    if train_data is None:
        return task.metric(start)
    return type(task).open(train_data).metric(None)


def _name(path: Path, runs: Mapping[Path, Run]) -> str:
    """Name a run after its folder, or by its whole path if the name is not unique."""
    names = [trained.folder.resolve().name for trained in runs.values()]
    name = runs[path].folder.resolve().name
    return name if names.count(name) == 1 else str(path)


def _notes(runs: Mapping[Path, Run], start: int) -> list[str]:
    return [
        f"Note: {_name(path, runs)} was trained on some of these frames, or on all."
        for path, trained in runs.items()
        if trained.config.num_train_frames is None or trained.config.num_train_frames > start
    ]


def _finite(row: Metrics) -> dict[str, Any]:
    numbers = row._asdict() | {name.replace(" ", "_"): value for name, value in row.own.items()}
    del numbers["own"]
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}
