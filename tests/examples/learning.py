"""Train every flat script with three seeds, and compare its error with what it promises.

    OMP_NUM_THREADS=1 python -m tests.examples.learning
    OMP_NUM_THREADS=1 python -m tests.examples.learning unpaired sim2real --seeds 0 1 2 3

The docstring of a script says below what value its error falls. Here each is trained in full, about
a quarter of an hour of CPU time for all with three seeds, which is why no test does so. One line
per run: the error, the promised value, and the CPU time of the whole script. The exit status is 1
if a value is missed or a run takes more than 2 minutes of CPU time.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
LIMIT_SECONDS = 120.0
PRINTED = {  # how a script prints the error that its docstring speaks of
    "adversarial_distillation": r"distance, student: ([\d.]+)",
    "future_frames": r"held-out error: ([\d.]+)",
    "minimal_vid2vid": r"held-out L1: ([\d.]+)",
    "sim2real": r"held-out error: ([\d.]+)",
    "spade_rollout": r"held-out error: ([\d.]+)",
    "unpaired": r"before, ([\d.]+) after",
    "video_autoencoder": r"held-out error ([\d.]+)",
    "video_super_resolution": r"held-out error: ([\d.]+)",
}


def promised(script: str) -> float:
    """The value below which the error falls, from the docstring of a script."""
    text = ast.get_docstring(ast.parse((EXAMPLES / f"{script}.py").read_text("utf-8"))) or ""
    values = [float(value) for value in re.findall(r"below\s+(\d+\.\d+)", text)]
    if len(values) != 1:
        raise ValueError(f"{script}: its docstring must promise one value, got {values}")
    return values[0]


def train(script: str, seed: int, out: Path) -> tuple[float, float]:
    """The error that a script prints, and the CPU time it took in seconds."""
    command = [sys.executable, str(EXAMPLES / f"{script}.py"), "--seed", str(seed)]
    before = os.times()
    printed = subprocess.run(
        [*command, "--out", str(out / script)], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    after = os.times()
    found = re.search(PRINTED[script], printed)
    if found is None:
        raise ValueError(f"{script}: no error in what it printed: {printed}")
    user = after.children_user - before.children_user
    return float(found[1]), user + after.children_system - before.children_system


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scripts", nargs="*", default=sorted(PRINTED), help="default: all eight")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, help="folder for the pictures; default: temporary")
    args = parser.parse_args()
    passed = True
    with tempfile.TemporaryDirectory() as folder:
        for script in args.scripts:
            limit = promised(script)
            for seed in args.seeds:
                out = (args.out or Path(folder)) / f"seed{seed}"
                error, seconds = train(script, seed, out)
                fine = error < limit and seconds < LIMIT_SECONDS
                passed = passed and fine
                verdict = "" if fine else "  MISSED"
                result = f"{error:.4f} < {limit:g}, {seconds:4.0f} s"
                print(f"{script:26} seed {seed}: {result}{verdict}", flush=True)
    sys.exit(0 if passed else 1)
