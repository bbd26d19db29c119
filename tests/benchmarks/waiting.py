"""Measure the share of a training's time that it waits for its data.

    python -m tests.benchmarks.waiting [--steps 40] [--workers 0 1 2] [--threads 1]

Trains the recipe on rendered data, the dancer at 128x128 and the street at 512x256, with its
default settings, and stops it after some steps. The share is that of the progress line, from the
start of the training on: the first clip, which no worker can read ahead, is in it.

Nothing is asserted: timings belong into docs/performance.md with the name of the device.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from examples.synthetic.dancer.data_folder import DancerConfig, make_dancer
from examples.synthetic.street.data_folder import StreetConfig, make_street


def waiting(task: str, data: Path, workers: int, steps: int, threads: int) -> tuple[int, float]:
    """Train until ``steps`` are logged; return the last one logged and the share of waiting."""
    with tempfile.TemporaryDirectory() as run:
        command = [sys.executable, "-m", f"examples.{task}", "train", str(data), run + "/run"]
        options = ["--steps", "5000", "--log-every", "10", "--workers", str(workers)]
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        with subprocess.Popen(
            [*command, *options], stderr=subprocess.PIPE, text=True, env=environment
        ) as process:
            assert process.stderr is not None
            printed, found = "", []
            while character := process.stderr.read(1):
                printed += character
                found = re.findall(r"step (\d+) loss \S+ data ([\d.]+)%", printed)
                if found and int(found[-1][0]) >= steps:
                    break
            process.send_signal(signal.SIGTERM)
            process.stderr.read()
        if not found:
            raise SystemExit(printed)
        return int(found[-1][0]), float(found[-1][1]) / 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        dancer, street = Path(folder) / "dancer", Path(folder) / "street"
        make_dancer(DancerConfig(dancer, frames=60))
        make_street(StreetConfig(street, sequences=1, frames=40, height=256, width=512))
        for task, data, size in (
            ("pose_to_body", dancer, "128x128"),
            ("labels_to_street", street, "512x256"),
        ):
            for workers in options.workers:
                step, share = waiting(task, data, workers, options.steps, options.threads)
                print(f"{task} {size}, {workers} workers: {share:.1%} of {step} steps", flush=True)


if __name__ == "__main__":
    main()
