"""Plot the curves and images of a training run of the recipe.

    python docs/figures/training_curves.py runs/mine --out runs/mine/figures
    python docs/figures/training_curves.py runs/mine --out runs/mine/figures --steps 200 1000 3000

Reads ``tensorboard/`` of the run's folder and writes ``curves.png`` (running medians over the raw
values), ``pictures.jpg`` (frames generated at some steps) and ``curves.md`` (a table). It needs
matplotlib and tensorboard: ``pip install -e '.[examples,docs]'``.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

mpl.use("Agg")
import matplotlib.pyplot as plt

# Okabe and Ito's colors, safe for color-blind readers; the line styles differ as well.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9", "#8c8c00")
STYLES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1)), (0, (3, 1)))
PANELS = (
    ("Discriminators: real and fake half", ("_real", "_fake", "_discriminator")),
    ("Generator: adversarial terms", ("_gan",)),
    ("Generator: feature matching", ("_matching",)),
    ("Generator: features against the real frame", ("perceptual",)),
    ("Generator: pixels against the real frame", ("l1",)),
    ("Generator: motion terms", ("flow", "warp", "temporal", "mask")),
)
ROWS = ("conditions", "real", "generated", "hallucinated", "warped", "flow", "occlusion mask")


class Curve(NamedTuple):
    """One logged loss."""

    steps: np.ndarray
    values: np.ndarray

    def smooth(self, span: int) -> np.ndarray:
        """Compute the running median over ``span`` points, fewer at the ends."""
        half = min(span, len(self.values)) // 2
        windows = [self.values[max(0, i - half) : i + half + 1] for i in range(len(self.values))]
        return np.array([np.median(window) for window in windows])


def read_run(run: Path) -> tuple[dict[str, Curve], dict[int, Image.Image]]:
    """Read the curves by name and the images by step.

    Raises:
        FileNotFoundError: the folder is not a run, or has no curves yet.
    """
    folder = run / "tensorboard"
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not there: give the folder of a run")
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0})
    events.Reload()
    curves = {}
    for name in events.Tags()["scalars"]:
        points = events.Scalars(name)
        steps = np.array([point.step for point in points])
        curves[name] = Curve(steps, np.array([point.value for point in points]))
    if not curves:
        raise FileNotFoundError(f"{folder} has no curves")
    pictures = {}
    if "chunk" in events.Tags()["images"]:
        for picture in events.Images("chunk"):
            data = io.BytesIO(picture.encoded_image_string)
            pictures[picture.step] = Image.open(data).convert("RGB")
    return curves, pictures


def draw_curves(
    curves: dict[str, Curve], file: Path, *, span: int = 21, marks: Sequence[float] = ()
) -> None:
    """Plot one panel per kind of loss, stacked vertically; ``marks`` are steps to highlight."""
    panels = [
        (title, names)
        for title, ends in PANELS
        if (names := [name for name in curves if name.endswith(ends)])
    ]
    height = 0.5 + 1.75 * len(panels)
    figure, axes = plt.subplots(
        len(panels), figsize=(5.0, height), layout="constrained", sharex=True, squeeze=False
    )
    for (title, names), axis in zip(panels, axes[:, 0], strict=True):
        top = 0.0
        for name, color, style in zip(names, COLORS, STYLES, strict=False):
            curve = curves[name]
            smooth = curve.smooth(span)
            axis.plot(curve.steps, curve.values, color=color, alpha=0.15, linewidth=0.6)
            axis.plot(curve.steps, smooth, color=color, linestyle=style, label=name, linewidth=1.8)
            top = max(top, smooth.max())
        for mark in marks:
            axis.axvline(mark, color="#555555", linewidth=0.8, linestyle=":")
        if any(name.endswith("_real") for name in names):  # the halves of LSGAN
            top = max(top, 0.3)
            axis.axhline(0.25, color="#555555", linewidth=0.8)
            axis.annotate("0.25", (1.0, 0.25), xycoords=("axes fraction", "data"), fontsize=9)
        axis.set_ylim(0, 1.25 * top)
        axis.set_title(title, fontsize=10, loc="left")
        axis.set_ylabel("loss (weighted)", fontsize=9)
        axis.tick_params(labelsize=9)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8, ncols=2, framealpha=0.75, handlelength=2.4)
    axes[-1, 0].set_xlabel("optimizer steps", fontsize=10)
    with io.BytesIO() as drawn:
        figure.savefig(drawn, dpi=125, facecolor="white")
        plt.close(figure)
        few = (
            Image.open(drawn)
            .convert("RGB")
            .quantize(40, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        )
        few.save(file, optimize=True)


def draw_pictures(
    pictures: dict[int, Image.Image], steps: Sequence[int], rows: Sequence[str], file: Path
) -> None:
    """Write the images of some steps side by side, with the names of their rows.

    Raises:
        ValueError: a step has no image.
    """
    missing = [step for step in steps if step not in pictures]
    if missing:
        raise ValueError(f"no picture of step {missing[0]}: there are {sorted(pictures)}")
    strip = np.concatenate([np.asarray(pictures[step]) for step in steps], 1)
    width, tall = strip.shape[1] / len(steps), strip.shape[0] / len(rows)
    figure, axis = plt.subplots(figsize=(5.0, 5.0 * strip.shape[0] / strip.shape[1] + 0.2))
    axis.imshow(strip)
    axis.xaxis.tick_top()
    centers = [(i + 0.5) * width for i in range(len(steps))]
    axis.set_xticks(centers, [f"step {step}" for step in steps], fontsize=9)
    centers = [(i + 0.5) * tall for i in range(len(rows))]
    axis.set_yticks(centers, [row.replace(" ", "\n") for row in rows], fontsize=8)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    options: dict[str, Any] = {"quality": 82, "optimize": True}
    figure.savefig(file, dpi=120, facecolor="white", bbox_inches="tight", pil_kwargs=options)
    plt.close(figure)


def table(curves: dict[str, Curve]) -> str:
    """Format the medians of the first, middle and last tenth of every curve as Markdown."""
    lines = ["| curve | first tenth | middle tenth | last tenth |", "|---|--:|--:|--:|"]
    for name, curve in curves.items():
        n = len(curve.values)
        tenth = max(1, n // 10)
        middle = slice((n - tenth) // 2, (n - tenth) // 2 + tenth)
        parts = [curve.values[:tenth], curve.values[middle], curve.values[-tenth:]]
        lines.append(
            f"| `{name}` | " + " | ".join(f"{np.median(part):.2f}" for part in parts) + " |"
        )
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path, help="run folder of the command train")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--steps", type=int, nargs="*", help="steps of the images; default: 5")
    parser.add_argument("--span", type=int, default=21, help="points per running median")
    parser.add_argument("--marks", type=float, nargs="*", default=(), help="steps to highlight")
    options = parser.parse_args(arguments)
    curves, pictures = read_run(options.run)
    options.out.mkdir(parents=True, exist_ok=True)
    draw_curves(curves, options.out / "curves.png", span=options.span, marks=options.marks)
    (options.out / "curves.md").write_text(table(curves), "utf-8")
    if pictures:
        known = sorted(pictures)
        spread = np.linspace(0, len(known) - 1, min(5, len(known))).round().astype(int)
        steps = options.steps or [known[i] for i in spread]
        rows = ROWS if "flow" in curves else ROWS[:4]
        draw_pictures(pictures, steps, rows, options.out / "pictures.jpg")
    sys.stdout.write(f"Look at {options.out}.\n")


if __name__ == "__main__":
    main()
