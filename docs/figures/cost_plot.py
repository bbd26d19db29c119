"""Plot time and memory against size, clip length, batch and number of scales.

    python -m tests.benchmarks --only scaling --threads 1 --json scaling.json
    python docs/figures/cost_plot.py scaling.json --out docs/images/cost.svg

Reads the rows of the group ``scaling``. It needs matplotlib: ``pip install -e '.[docs]'``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

PREFIX = "scaling with "
COLUMNS = (("ms", "time, ms", "#0072B2"), ("mib", "memory, MiB", "#D55E00"))


class Series(NamedTuple):
    """The rows of one series.

    Attributes:
        labels: of its points.
        pixels: that a point generates.
        values: column -> numbers of the points.
    """

    labels: list[str]
    pixels: list[float]
    values: dict[str, list[float]]


def read_series(file: Path) -> dict[str, Series]:
    """Read the series by name.

    Raises:
        ValueError: the file holds no such rows.
    """
    rows: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["rows"]
    rows = [row for row in rows if row["what"].startswith(PREFIX)]
    if not rows:
        raise ValueError(f"{file} has no rows of the group scaling: run it with --only scaling")
    found: dict[str, Series] = {}
    for row in rows:
        name = row["what"].removeprefix(PREFIX)
        series = found.setdefault(name, Series([], [], {column: [] for column, _, _ in COLUMNS}))
        series.labels.append(row["path"])
        series.pixels.append(row["pixels"])
        for column, numbers in series.values.items():
            numbers.append(row[column])
    return found


def cost_per_pixel(series: Series) -> dict[str, float]:
    """Compute the cost per pixel of the last point, as a multiple of that of the first."""
    first, last = series.pixels[0], series.pixels[-1]
    return {name: (own[-1] / last) / (own[0] / first) for name, own in series.values.items()}


def draw(found: dict[str, Series], file: Path) -> None:
    """Draw a column of panels per series: time above, memory below."""
    # the same file for the same numbers; text stays text
    mpl.rcParams |= {"svg.hashsalt": "vidgan", "svg.fonttype": "none"}
    figure, axes = plt.subplots(
        len(COLUMNS), len(found), figsize=(2.4 * len(found), 4.6), layout="constrained"
    )
    for panels, (name, series) in zip(axes.T.reshape(len(found), -1), found.items(), strict=True):
        for axis, (column, title, color) in zip(panels, COLUMNS, strict=True):
            own = series.values[column]
            by_pixels = len(set(series.pixels)) > 1
            places = series.pixels if by_pixels else range(1, len(own) + 1)
            axis.plot(places, own, "o-", color=color, markersize=4, linewidth=1.5)
            if by_pixels:  # a straight line through zero and the largest
                ends = [0, series.pixels[-1]]
                axis.plot(ends, [0, own[-1]], ":", color="#555555", linewidth=1)
            axis.set_xticks(places, series.labels, rotation=40, ha="right", fontsize=7)
            axis.set_ylim(0, 1.08 * max(own))
            axis.tick_params(axis="y", labelsize=7)
            axis.set_title(f"{name}: {title}", fontsize=8, loc="left")
            axis.grid(alpha=0.3)
    options = {"metadata": {"Date": None}} if file.suffix == ".svg" else {}
    figure.savefig(file, facecolor="white", **options)
    plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("json", type=Path, help="file of the benchmarks")
    parser.add_argument("--out", type=Path, required=True, help="SVG or PNG file to write")
    options = parser.parse_args(arguments)
    found = read_series(options.json)
    draw(found, options.out)
    for name, series in found.items():
        if len(set(series.pixels)) > 1:
            numbers = cost_per_pixel(series)
            text = ", ".join(f"{title.split(',')[0]} {numbers[c]:.2f}" for c, title, _ in COLUMNS)
            sys.stdout.write(f"{name}: cost per pixel of the largest to the smallest: {text}\n")
    sys.stdout.write(f"Look at {options.out}.\n")


if __name__ == "__main__":
    main()
