"""Times of calls that take turns, with their spread, operations and memory: rows of one table."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch.utils.flop_counter import FlopCounterMode, register_flop_formula

import vidgan.layers  # noqa: F401 -- it registers the operator that is counted below

Call = Callable[[], object]
Row = dict[str, Any]
ROOT = Path(__file__).parents[2]
KEYS = (
    "group", "what", "path", "ms", "ms_low", "ms_high", "repeats", "ratio", "ratio_low",
    "ratio_high", "gflop", "peak_share", "mib", "note",
)  # fmt: skip
"""The columns of a row; None where a number has no meaning. `low` and `high` are quartiles."""
NOT_MEASURED = "not measured"


@register_flop_formula(torch.ops.vidgan.winograd_conv2d)
def _winograd_flop(padded: torch.Size, weight: torch.Size, **_: Any) -> int:
    """Count its 16 multiplications and additions per 2x2 results and pair of channels."""
    results = padded[0] * (padded[2] - 2) * (padded[3] - 2)
    return 2 * 16 * results * weight[0] * weight[1] // 4


def quartiles(values: list[float]) -> tuple[float, float, float]:
    """Return the first quartile, the median and the third quartile."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def count_gflop(call: Call) -> float:
    """Return the operations of a call; a multiplication and an addition are two."""
    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops() / 1e9


def precision(path: str) -> str:
    """Return the precision that the name of a path names."""
    return "bfloat16" if "bfloat16" in path else "float32"


class Case(NamedTuple):
    """What a fresh process builds and calls: ``function(**arguments)()`` of a module here."""

    module: str
    function: str
    arguments: dict[str, Any]


class Bench:
    """Runs calls in turn and collects rows.

    Args:
        device: where networks and data are.
        quick: tiny sizes and one repeat, to see that everything runs.
        repeats: turns per comparison.
    """

    def __init__(self, device: torch.device, *, quick: bool = False, repeats: int = 15) -> None:
        self.device, self.quick = device, quick
        self.repeats = 1 if quick else repeats
        self.group = ""
        self.rows: list[Row] = []
        self.peaks: dict[str, float] = {}  # precision -> GFLOP/s

    def size(self, full: Any, tiny: Any) -> Any:
        """Return one of two sizes."""
        return tiny if self.quick else full

    def time(self, call: Call) -> float:
        """Return the milliseconds of a call: between two events on a GPU."""
        if self.device.type != "cuda":
            start = time.perf_counter()
            call()
            return 1000 * (time.perf_counter() - start)
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        call()
        end.record()
        end.synchronize()
        return float(begin.elapsed_time(end))

    def turns(self, calls: dict[str, Call], repeats: int | None = None) -> dict[str, list[float]]:
        """Time calls in turn, so that other programs slow all of them down; one turn warms up."""
        count = 1 if self.quick else repeats or self.repeats
        times: dict[str, list[float]] = {path: [] for path in calls}
        for turn in range(count + (not self.quick)):
            for path, call in calls.items():
                passed = self.time(call)
                if turn or self.quick:
                    times[path].append(passed)
        return times

    def compare(
        self,
        what: str,
        calls: dict[str, Call],
        *,
        repeats: int | None = None,
        baseline: bool = True,
        flop: bool = True,
        memory: dict[str, Case] | None = None,
        notes: dict[str, str] | None = None,
    ) -> list[Row]:
        """Time calls in turn and add a row for each.

        Args:
            what: is done.
            calls: the name of a path to its call; the first is what the others are compared with.
            repeats: turns, if other than usual.
            baseline: whether the first path is a baseline; otherwise there are no ratios.
            flop: whether to count operations, with a further call.
            memory: the name of a path to what a fresh process runs for its peak.
            notes: the name of a path to a remark.
        """
        times = self.turns(calls, repeats)
        rows = []
        for path, values in times.items():
            base = times[next(iter(times))]
            gflop = count_gflop(calls[path]) if flop else None
            ratios = [a / b for a, b in zip(values, base, strict=True)] if baseline else None
            mib = None
            if memory and path in memory and not (self.quick and rows):  # a process takes seconds
                mib = self.peak_memory(memory[path])
            rows.append(self.add(what, path, values, ratios, gflop=gflop, mib=mib))
            rows[-1]["note"] = (notes or {}).get(path, "")
            print_row(rows[-1])
        return rows

    def add(
        self,
        what: str,
        path: str,
        times: list[float] | None = None,
        ratios: list[float] | None = None,
        *,
        gflop: float | None = None,
        mib: float | None = None,
        note: str = "",
    ) -> Row:
        """Add a row of measured milliseconds and ratios."""
        row: Row = dict.fromkeys(KEYS)
        row |= {"group": self.group, "what": what, "path": path, "mib": mib, "note": note}
        row["gflop"] = gflop or None
        if times:
            row["ms_low"], row["ms"], row["ms_high"] = quartiles(times)
            row["repeats"] = len(times)
            peak = self.peaks.get(precision(path))
            if gflop and peak:
                row["peak_share"] = gflop / row["ms"] * 1000 / peak
        if ratios:
            row["ratio_low"], row["ratio"], row["ratio_high"] = quartiles(ratios)
        self.rows.append(row)
        return row

    def skip(self, what: str, path: str, why: str = "needs a CUDA device") -> None:
        """Add a row that says what was not measured, and why."""
        print_row(self.add(what, path, note=f"{NOT_MEASURED}: {why}"))

    def peak_memory(self, case: Case) -> float:
        """Return the MiB that a call adds to those of its networks and data, in a fresh process."""
        return float(self.child(case)["mib"])

    def child(self, case: Case) -> dict[str, float]:
        """Run a case in a fresh process."""
        options = ["--device", self.device.type, "--threads", str(torch.get_num_threads())]
        arguments = [case.module, case.function, json.dumps(case.arguments)]
        command = [sys.executable, "-m", "tests.benchmarks.child", *options, *arguments]
        # every large block is returned once freed: what is measured does not depend on luck
        env = os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536"}
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}:\n{done.stderr}")
        return dict(json.loads(done.stdout.splitlines()[-1]))


def device_name(device: torch.device) -> str:
    """Return the kind of a device."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return platform.processor() or platform.machine() or "CPU"


def _spread(row: Row, name: str, digits: int) -> str:
    if row[name] is None:
        return ""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{row[name]:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


HEADER = "| what | path | ms | ratio | GFLOP | of peak | MiB | |\n|---|---|--:|--:|--:|--:|--:|---|"


def table_row(row: Row) -> str:
    """Format a row of the table."""
    digits = 0 if (row["ms"] or 0) >= 100 else 2
    cells = [
        row["what"],
        row["path"],
        _spread(row, "ms", digits),
        _spread(row, "ratio", 3),
        "" if row["gflop"] is None else f"{row['gflop']:,.2f}",
        "" if row["peak_share"] is None else f"{row['peak_share']:.0%}",
        "" if row["mib"] is None else f"{row['mib']:,.1f}",
        row["note"] or "",
    ]
    return "| " + " | ".join(cells) + " |"


def print_row(row: Row) -> None:
    """Print a row of the table at once, since a run takes minutes."""
    print(table_row(row), flush=True)
