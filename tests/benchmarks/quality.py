"""Train generators of different cost for the same number of steps, and measure what they are worth.

    python -m tests.benchmarks.quality --folder runs/quality [--json quality.json] [--threads 1]
        [--only fast "composite 32"] [--seeds 0 1 2] [--steps 300]

On a rendered street of 128x64; other drives are evaluated. Trained runs are kept in the folder, so
that it can be filled by several calls. With ``--json``, the time of a frame of all generators is
measured in turn, at 256x128 with 35 classes, from a label map to pixels, and the file gets a row
for each that the folder has a run of.
``docs/figures/quality_plot.py`` plots the file.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from examples.labels_to_street.task import LabelsToStreet
from examples.synthetic.street.data_folder import StreetConfig, make_street
from examples.vid2vid.config import ModelConfig, TrainConfig
from examples.vid2vid.generate import generate_frames
from examples.vid2vid.metrics import build_metric_networks, evaluate_frames, mean_metrics
from examples.vid2vid.networks import Generator, GeneratorBuilder, build_generator
from examples.vid2vid.runs import load_run
from examples.vid2vid.sequences import DrivingSequence
from examples.vid2vid.train import train
from tests.benchmarks.measuring import Bench, quartiles
from tests.benchmarks.streams import LabelStream, gflop_of_a_frame
from tests.benchmarks.street import CHANNELS, CLASSES
from tests.benchmarks.unet import frame_by_frame
from vidgan.generators import fuse_norms

METRICS = ("st_lpips", "warping_error", "label_accuracy")


def _unet(model: ModelConfig, condition_channels: int, _: int) -> Generator:
    return frame_by_frame(
        condition_channels,
        width=model.base_channels,
        norm=model.norm,
        past_frames=model.past_frames,
    )


class Candidate(NamedTuple):
    """A generator to train.

    Attributes:
        model: what differs from the setting's networks.
        build: builds the generator.
    """

    model: dict[str, Any]
    build: GeneratorBuilder = build_generator

    def configure(self, steps: int, seed: int) -> TrainConfig:
        """Return the configuration of its training."""
        config = LabelsToStreet.settings()["street-small"]
        model = replace(config.model, **self.model)
        return replace(config, model=model, steps=steps, seed=seed, clip_length=10)


CANDIDATES = {
    "fast": Candidate({"generator": "fast"}),
    **{f"U-Net {w}": Candidate({"flow": False, "base_channels": w}, _unet) for w in (16, 32)},
    **{f"composite {w}": Candidate({"base_channels": w}) for w in (16, 32, 64)},
}


def evaluate_run(candidate: Candidate, folder: Path, run: Path) -> dict[str, float]:
    """Return the metrics of a run on the drives ``test``; its labels are judged as in ``train``."""
    networks = build_metric_networks(LabelsToStreet.open(folder / "train").metric(None))
    bound = LabelsToStreet.open(folder / "test")
    generator = load_run(run, bound, build=candidate.build).generator
    rows = []
    for name in bound.data.sequences:
        driving, past = DrivingSequence(bound, name), generator.past_frames
        indices = range(past, driving.length)
        made = [f.frame for f in generate_frames(generator, driving, past, len(indices))]
        rows.append(
            evaluate_frames(
                torch.stack(made),
                driving.real_frames(indices),
                driving.real_frames(range(past - 1, past))[0],
                driving.annotations(indices),
                networks,
            )
        )
    mean = mean_metrics(rows)
    return dict(
        zip(METRICS, (mean.st_lpips, mean.warping_error, mean.own["label accuracy"]), strict=True)
    )


def measure_cost(threads: int, *, quick: bool = False) -> dict[str, dict[str, float]]:
    """Time a frame of all generators in turn, with norms fused; count its operations."""
    bench, device = Bench(torch.device("cpu"), quick=quick, repeats=20), torch.device("cpu")
    torch.set_num_threads(threads)
    size = bench.size((128, 256), (16, 32))
    calls, gflop = {}, {}
    for name, candidate in CANDIDATES.items():
        model = replace(candidate.configure(1, 0).model, norm="batch")
        network: nn.Module = candidate.build(model, CHANNELS, CLASSES).eval()
        fused = fuse_norms(network).to(memory_format=torch.channels_last)
        gflop[name] = gflop_of_a_frame(fused, size, device)
        calls[name] = LabelStream(fused, size, device)
    times = bench.turns(calls)
    found = {}
    for name, own in times.items():
        ratios = [a / b for a, b in zip(own, times["fast"], strict=True)]
        low, middle, high = quartiles(ratios)
        found[name] = {
            "gflop": gflop[name], "ms": statistics.median(own),
            "ratio": middle, "ratio_low": low, "ratio_high": high,
        }  # fmt: skip
    return found


def collect(folder: Path, threads: int) -> list[dict[str, Any]]:
    """Return a row per generator that has been trained: its cost, and the metrics of every seed."""
    costs, rows = measure_cost(threads), []
    for name in CANDIDATES:
        runs = sorted(folder.glob(f"{name.replace(' ', '_')}_seed*/quality.json"))
        seeds = [json.loads(file.read_text("utf-8")) for file in runs]
        if seeds:
            rows.append({"name": name, **costs[name], "runs": seeds})
    return rows


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Print the rows as a Markdown table; several seeds of one are separated by commas."""
    print("| generator | GFLOP | time, ratio | ST-LPIPS | warping error | label accuracy |")
    print("|---|--:|--:|--:|--:|--:|")
    for row in rows:
        cells = [row["name"], f"{row['gflop']:.2f}", f"{row['ratio']:.2f}"]
        for metric, digits in zip(METRICS, (3, 5, 3), strict=True):
            cells.append(", ".join(f"{run[metric]:.{digits}f}" for run in row["runs"]))
        print("| " + " | ".join(cells) + " |")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where data and runs are")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", nargs="*", choices=CANDIDATES, default=[*CANDIDATES])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    folder: Path = options.folder
    for part, seed, sequences, frames in (("train", 0, 6, 30), ("test", 100, 3, 20)):
        if not (folder / part).exists():
            make_street(StreetConfig(folder / part, sequences, frames, seed=seed))
    for name in options.only:
        candidate = CANDIDATES[name]
        for seed in options.seeds:
            run = folder / f"{name.replace(' ', '_')}_seed{seed}"
            if not (run / "quality.json").exists():
                config, data = candidate.configure(options.steps, seed), folder / "train"
                train(LabelsToStreet, data, run, config, resume=True, build=candidate.build)
                facts: dict[str, float] = evaluate_run(candidate, folder, run)
                facts |= {"seed": seed, "steps": options.steps}
                (run / "quality.json").write_text(json.dumps(facts) + "\n", "utf-8")
    if options.json is None:
        return
    rows = collect(folder, options.threads)
    options.json.write_text(json.dumps({"rows": rows}, indent=1) + "\n", "utf-8")
    print_table(rows)


if __name__ == "__main__":
    main()
