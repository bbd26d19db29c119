"""Time everything: print a table and write a JSON file.

    python -m tests.benchmarks --threads 1 --json benchmarks.json
    python -m tests.benchmarks --only step frames
    python -m tests.benchmarks --only scaling --json scaling.json

Paths of a row group take turns, so that other programs slow all of them down: a time is the median,
a ratio the median over the turns, both with quartiles. The baseline is the same weights executed in
the published way (see `plain.py`) and must return the same numbers first. "of peak" is the share of
the convolution peak that the group `peak`, which always runs, measures in the same run on the
street generator's own layers. MiB is what a call adds in a fresh process. No time is asserted.
"""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path

import torch

from tests.benchmarks.measuring import HEADER, KEYS, NOT_MEASURED, Bench, device_name, table_row

GROUPS = (
    "peak", "frames", "steps", "layers", "functions", "drawing", "loading", "penalties", "streams",
    "checkpointing", "compile", "imports", "scaling", "gpu",
)  # fmt: skip
"""Each is a file here with a function ``run``."""


def parse(arguments: list[str] | None) -> argparse.Namespace:
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=formatter)
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=GROUPS, metavar="GROUP")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=15, help="turns, where a group has no own")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, once: does it run?")
    parser.add_argument("--json", type=Path, help="file to write all rows to")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    args = parse(arguments)
    torch.set_num_threads(args.threads)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    bench = Bench(torch.device(args.device), quick=args.quick, repeats=args.repeats)
    about = {
        "device": device_name(bench.device),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "quick": args.quick,
    }
    print(", ".join(f"{name}: {value}" for name, value in about.items()))
    for group in GROUPS:
        if group in args.only or group == "peak":
            bench.group = group
            print(f"\n{group}\n{HEADER}", flush=True)
            importlib.import_module(f"tests.benchmarks.{group}").run(bench)
    print("\n\nAll rows")
    for group in dict.fromkeys(row["group"] for row in bench.rows):
        print(f"\n{group}\n{HEADER}")
        print("\n".join(table_row(row) for row in bench.rows if row["group"] == group))
    skipped = sum(NOT_MEASURED in row["note"] for row in bench.rows)
    print(f"\n{len(bench.rows)} rows, {skipped} {NOT_MEASURED}")
    if args.json:
        report = {**about, "keys": KEYS, "peak_gflops": bench.peaks, "rows": bench.rows}
        args.json.write_text(json.dumps(report, indent=1), "utf-8")


if __name__ == "__main__":
    main()
