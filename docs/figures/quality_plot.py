"""Plot the quality of generators against the time of a frame.

    python -m tests.benchmarks.quality --folder runs/quality --json quality.json
    python docs/figures/quality_plot.py quality.json --out docs/images/quality.svg

The time is relative to the fast generator's. It needs matplotlib: ``pip install -e '.[docs]'``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

PANELS = (("st_lpips", "ST-LPIPS (lower is nearer)"), ("warping_error", "warping error"))
COLORS = {"composite": "#0072B2", "fast": "#D55E00", "U-Net": "#009E73"}


def read_rows(file: Path) -> list[dict[str, Any]]:
    """Read the rows, the cheapest first.

    Raises:
        ValueError: the file holds none.
    """
    rows: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["rows"]
    if not rows:
        raise ValueError(f"{file} has no trained generator: run tests.benchmarks.quality")
    return sorted(rows, key=lambda row: float(row["ratio"]))


def draw_panel(axis: Axes, rows: Sequence[dict[str, Any]], metric: str) -> None:
    """Draw every run as a dot and a generator's mean as a larger one; widths are joined."""
    lines: dict[str, tuple[list[float], list[float]]] = {}
    for row in rows:
        kind = row["name"].split(" ")[0]
        values = [run[metric] for run in row["runs"]]
        mean = statistics.fmean(values)
        xs, ys = lines.setdefault(kind, ([], []))
        xs.append(row["ratio"])
        ys.append(mean)
        if len(values) > 1:
            axis.plot([row["ratio"]] * len(values), values, ".", color=COLORS[kind], markersize=4)
        place = (2, -12) if kind == "U-Net" else (6, 4)
        axis.annotate(
            row["name"], (row["ratio"], mean), place, textcoords="offset points", fontsize=7
        )
    for kind, (xs, ys) in lines.items():
        axis.plot(xs, ys, "o-", color=COLORS[kind], markersize=6, linewidth=1)


def draw(rows: Sequence[dict[str, Any]], file: Path) -> None:
    """Draw a panel per metric."""
    # the same file for the same numbers; text stays text
    mpl.rcParams |= {"svg.hashsalt": "vidgan", "svg.fonttype": "none"}
    figure, axes = plt.subplots(1, len(PANELS), figsize=(7.2, 2.8), layout="constrained")
    largest = max(row["ratio"] for row in rows)
    for axis, (metric, title) in zip(axes, PANELS, strict=True):
        draw_panel(axis, rows, metric)
        axis.set_xscale("log")
        axis.set_xticks([0.5, 1, 2, 5, 10, 20], ["0.5", "1", "2", "5", "10", "20"])
        axis.minorticks_off()
        axis.set_xlim(min(row["ratio"] for row in rows) / 1.3, 2.2 * largest)
        axis.set_ylim(0, 1.15 * max(run[metric] for row in rows for run in row["runs"]))
        axis.set_xlabel("time of a frame, that of fast = 1", fontsize=8)
        axis.set_title(title, fontsize=8, loc="left")
        axis.tick_params(labelsize=7)
        axis.grid(alpha=0.3)
    options = {"metadata": {"Date": None}} if file.suffix == ".svg" else {}
    figure.savefig(file, facecolor="white", **options)
    plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("json", type=Path, help="file of tests.benchmarks.quality")
    parser.add_argument("--out", type=Path, required=True, help="SVG or PNG file to write")
    options = parser.parse_args(arguments)
    draw(read_rows(options.json), options.out)
    sys.stdout.write(f"Look at {options.out}.\n")


if __name__ == "__main__":
    main()
