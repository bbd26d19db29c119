"""What `import vidgan` and its packages take beyond `import torch`, in fresh processes."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import vidgan
from tests.benchmarks.measuring import ROOT, Bench, print_row

CODE = """
import time
import torch
start = time.perf_counter()
{statement}
print(time.perf_counter() - start)
"""
NEEDS_EXTRA = {"metrics"}  # its base class is torchmetrics'


def packages() -> list[str]:
    """Return vidgan and its public packages."""
    found = [module.name for module in pkgutil.iter_modules(vidgan.__path__) if module.ispkg]
    public = [name for name in found if not name.startswith("_") and name not in NEEDS_EXTRA]
    return ["vidgan", *(f"vidgan.{name}" for name in public)]


def milliseconds(statement: str) -> float:
    """Return what a statement takes in a process that has imported torch."""
    code = CODE.format(statement=statement)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return 1000 * float(done.stdout)


def run(bench: Bench) -> None:
    """Import each package several times, in turn, after one turn to fill the disk's cache."""
    names = packages()[: bench.size(None, 2)]
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(bench.size(4, 1)):
        for name in names:
            passed = milliseconds(f"import {name}")
            if turn or bench.quick:
                times[name].append(passed)
    for name, values in times.items():
        print_row(bench.add(f"import {name}", "after torch", values))
