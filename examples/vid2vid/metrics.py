"""Metrics of a generated video, and the table of an evaluation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from examples.vid2vid.task import TaskMetric
from vidgan.extras import import_extra
from vidgan.features import ShiftTolerantLPIPS
from vidgan.flow_estimators import DISFlow
from vidgan.functional import flow_warp, known_flow
from vidgan.protocols import FlowEstimator
from vidgan.video import to_float, to_uint8

LEGEND = """\
Means over the frames of all evaluated sequences, rounded to 8 bits first.

- LPIPS: learned perceptual distance to the real frame (VGG16 of the stlpips-pytorch wheel). Lower
  is better.
- PSNR (dB), SSIM: similarity to the real frame, RGB in [0, 1] (torchmetrics). Higher is better.
- Warping error: confidence times squared difference between a frame and the frame before
  it warped by the reference flow, over all pixels and channels, RGB in [0, 1]. The flow is DIS
  between the real frames, with its photometric confidence. The frame before the first is the last
  given real frame. Lower is steadier."""


class Metrics(NamedTuple):
    """Means over the frames of a video; see `LEGEND`.

    ``psnr`` is infinite for equal videos; ``own`` contains the task's own metrics.
    """

    lpips: float
    psnr: float
    ssim: float
    warping_error: float
    own: dict[str, float | int]
    frames: int


class MetricNetworks(NamedTuple):
    """The networks that compute metrics; build them once for several videos."""

    lpips: nn.Module
    flow: FlowEstimator
    own: TaskMetric | None = None


def build_metric_networks(own: TaskMetric | None) -> MetricNetworks:
    """Build the networks of the metrics in `LEGEND`, and add the task's own metric.

    Raises:
        ImportError: one of their packages is missing.
    """
    import_extra("torchmetrics", "examples")
    return MetricNetworks(ShiftTolerantLPIPS("vgg"), DISFlow(), own)


@torch.no_grad()
def evaluate_frames(
    frames: Tensor,
    real: Tensor,
    last_real: Tensor,
    annotations: Mapping[str, Tensor],
    networks: MetricNetworks,
) -> Metrics:
    """Compute the metrics of a generated video.

    Args:
        frames: the generated frames, (T, 3, H, W), RGB in [-1, 1] or uint8.
        real: the real frames, in the same format.
        last_real: the real frame before the first, (3, H, W).
        annotations: annotations that drove the frames, name -> (T, ...).
        networks: from `build_metric_networks`.
    """
    from torchmetrics.functional.image import (
        peak_signal_noise_ratio,
        structural_similarity_index_measure,
    )

    pixels = to_uint8(frames)
    frames, real, last_real = (to_float(to_uint8(images)) for images in (frames, real, last_real))
    ours, theirs = frames / 2 + 0.5, real / 2 + 0.5
    distances = [  # frame by frame: the network's activations are large
        torch.zeros(1) if torch.equal(a, b) else networks.lpips(a[None], b[None])
        for a, b in zip(frames, real, strict=True)
    ]
    return Metrics(
        lpips=float(torch.cat(distances).mean()),
        psnr=float(peak_signal_noise_ratio(ours, theirs, data_range=1.0, dim=(1, 2, 3))),
        ssim=float(structural_similarity_index_measure(ours, theirs, data_range=1.0)),  # type: ignore[arg-type]
        warping_error=warping_error(frames, real, last_real, networks.flow),
        own={} if networks.own is None else networks.own(pixels, annotations),
        frames=len(frames),
    )


def mean_metrics(rows: Sequence[Metrics]) -> Metrics:
    """Average the metrics of several videos over all their frames; counts are summed."""
    total = sum(row.frames for row in rows)

    def mean(values: Sequence[float]) -> float:
        known = [(v, row.frames) for v, row in zip(values, rows, strict=True) if not math.isnan(v)]
        return sum(v * n for v, n in known) / sum(n for _, n in known) if known else math.nan

    own: dict[str, float | int] = {}
    for name, value in rows[0].own.items():
        values = [row.own[name] for row in rows]
        own[name] = sum(values) if isinstance(value, int) else mean(values)
    return Metrics(*(mean(values) for values in list(zip(*rows, strict=True))[:4]), own, total)


def warping_error(
    frames: Tensor, real: Tensor, last_real: Tensor, estimate: FlowEstimator
) -> float:
    """Compute how much pixels change along the real motion.

    ``mean(c * (x_t - warp(x_{t-1}, w))**2)`` over frames, channels and pixels, RGB in [0, 1], with
    the flow w and its confidence c between the real frames; x_{-1} is the last given real frame.

    Args:
        frames: (T, 3, H, W), RGB in [-1, 1].
        real: (T, 3, H, W).
        last_real: (3, H, W).
        estimate: the flow estimator.
    """
    flow, confidence = estimate(real, torch.cat([last_real[None], real[:-1]]))
    previous = torch.cat([last_real[None], frames[:-1]])
    difference = (frames - flow_warp(previous, flow)) / 2
    return float((confidence * known_flow(flow)[1] * difference.square()).mean())


def metrics_table(rows: Mapping[str, Metrics]) -> str:
    """Format named rows as a Markdown table with aligned columns."""
    own = next(iter(rows.values())).own
    cells = [["video", "LPIPS", "PSNR", "SSIM", "warping error", *own]]
    for name, row in rows.items():
        numbers = (
            f"{row.lpips:.3f}",
            f"{row.psnr:.2f}",
            f"{row.ssim:.3f}",
            f"{row.warping_error:.5f}",
        )
        cells.append([name, *numbers, *(_cell(value, row.frames) for value in row.own.values())])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        f"| {line[0]:<{widths[0]}} | "
        + " | ".join(f"{cell:>{w}}" for cell, w in zip(line[1:], widths[1:], strict=True))
        + " |"
        for line in cells
    ]
    ruler = f"|{'-' * (widths[0] + 2)}|" + "".join(f"{'-' * (w + 1)}:|" for w in widths[1:])
    return "\n".join([lines[0], ruler, *lines[1:]])


def _cell(value: float, frames: int) -> str:
    if isinstance(value, int):
        return f"{value} of {frames}"
    return "-" if math.isnan(value) else f"{value:.3f}"
