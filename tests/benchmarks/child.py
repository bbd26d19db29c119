"""Run one call in a fresh process, and print its time and the memory that it adds, as JSON.

    python -m tests.benchmarks.child tests.benchmarks.rollouts chunk '{"checkpointing": true}'

On Linux the memory is the peak of the resident set above what it was before the call; on a GPU
that of the allocator.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import resource
import sys
import time
from pathlib import Path

import torch

_PROC = Path("/proc/self")


def resident(peak: bool) -> int:
    """Return the bytes of the resident set, now or at its peak."""
    status = _PROC / "status"
    if status.exists():
        name = "VmHWM:" if peak else "VmRSS:"
        lines = (line.split() for line in status.read_text("utf-8").splitlines())
        return next(1024 * int(line[1]) for line in lines if line[0] == name)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # never falls: an upper bound
    return used if sys.platform == "darwin" else 1024 * used


def _forget_peak() -> None:
    try:
        (_PROC / "clear_refs").write_text("5", "ascii")  # the peak of Linux starts again from now
    except OSError:
        return  # the peak of building the networks counts, if it is the higher one


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module")
    parser.add_argument("function")
    parser.add_argument("arguments", type=json.loads)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    build = getattr(importlib.import_module(args.module), args.function)
    call = build(device=torch.device(args.device), **args.arguments)
    call()  # what is imported and prepared once does not count
    gc.collect()
    cuda = args.device == "cuda"
    if cuda:
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
    else:
        _forget_peak()
        before = resident(peak=False)
    start = time.perf_counter()
    call()
    if cuda:
        torch.cuda.synchronize()
    passed = time.perf_counter() - start
    after = torch.cuda.max_memory_allocated() if cuda else resident(peak=True)
    print(json.dumps({"mib": (after - before) / 2**20, "ms": 1000 * passed}))


if __name__ == "__main__":
    main()
