"""Metrics of a generated video, and the table of an evaluation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from examples.vid2vid.task import TaskMetric
from vidgan.features import LPIPS, ShiftTolerantLPIPS
from vidgan.flow_estimators import DISFlow
from vidgan.functional import warping_error
from vidgan.protocols import FlowEstimator
from vidgan.video import to_float, to_uint8

Distance = Callable[[Tensor, Tensor], Tensor]
"""Maps frames and references, (B, 3, H, W), to their distances, (B,)."""
LEGEND = """\
Means over the frames of all evaluated sequences, rounded to 8 bits first.

- ST-LPIPS: the shift-tolerant variant of the learned perceptual distance LPIPS to the real frame
  (VGG16 of the stlpips-pytorch wheel); its values are not those of LPIPS. Lower is better.
- PSNR (dB), SSIM: similarity to the real frame, RGB in [0, 1] (torchmetrics). Higher is better.
- Warping error: confidence times squared difference between a frame and the frame before
  it warped by the reference flow, over all pixels and channels, RGB in [0, 1]. The flow is DIS
  between the real frames, with its photometric confidence. The frame before the first is the last
  given real frame. Lower is steadier."""
LPIPS_LEGEND = """\
- LPIPS: learned perceptual distance to the real frame, that of the lpips package (AlexNet). Lower
  is better."""


class Metrics(NamedTuple):
    """Means over the frames of a video; see `LEGEND`.

    ``psnr`` is infinite for equal videos; ``own`` contains the task's own metrics; ``lpips`` is NaN
    if it was not computed.
    """

    st_lpips: float
    psnr: float
    ssim: float
    warping_error: float
    own: dict[str, float | int]
    frames: int
    lpips: float = math.nan


class MetricNetworks(NamedTuple):
    """The networks that compute metrics; build them once for several videos."""

    st_lpips: Distance
    flow: FlowEstimator
    own: TaskMetric | None = None
    lpips: Distance | None = None


def build_metric_networks(
    own: TaskMetric | None, lpips_backbone: Path | None = None
) -> MetricNetworks:
    """Build the networks of the metrics in `LEGEND`, and add the task's own metric.

    Args:
        own: the task's own metric.
        lpips_backbone: torchvision's file of AlexNet, to compute LPIPS as well.

    Raises:
        ImportError: one of their packages is missing.
        FileNotFoundError: the file does not exist.
        ValueError: the file is of another network.
    """
    lpips = None if lpips_backbone is None else LPIPS("alex", lpips_backbone, check_range=False)
    return MetricNetworks(ShiftTolerantLPIPS("vgg", check_range=False), DISFlow(), own, lpips)


def describe_metrics(networks: MetricNetworks) -> str:
    """Explain the metrics that ``networks`` compute, as lines of a Markdown list."""
    standard = [] if networks.lpips is None else [LPIPS_LEGEND]
    own = [] if networks.own is None else [networks.own.legend]
    return "\n".join([LEGEND, *standard, *own])


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
    from vidgan.metrics import PSNR, SSIM  # needs an extra

    pixels = to_uint8(frames)
    frames, real, last_real = (to_float(to_uint8(images)) for images in (frames, real, last_real))
    psnr, ssim = PSNR(check_range=False), SSIM(check_range=False)  # 8 bits are in range
    psnr.update(frames, real)
    ssim.update(frames, real)
    return Metrics(
        st_lpips=_mean_distance(networks.st_lpips, frames, real),
        psnr=float(psnr.compute()),
        ssim=float(ssim.compute()),
        warping_error=error_along_real_flow(frames, real, last_real, networks.flow),
        own={} if networks.own is None else networks.own(pixels, annotations),
        frames=len(frames),
        lpips=math.nan if networks.lpips is None else _mean_distance(networks.lpips, frames, real),
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
    numbers = [mean(values) for values in list(zip(*rows, strict=True))[:4]]
    return Metrics(*numbers, own, total, mean([row.lpips for row in rows]))


def _mean_distance(distance: Distance, frames: Tensor, real: Tensor) -> float:
    """Average over the frames, one by one, as the network's activations are large."""
    distances = [
        torch.zeros(1) if torch.equal(a, b) else distance(a[None], b[None])
        for a, b in zip(frames, real, strict=True)
    ]
    return float(torch.cat(distances).mean())


def error_along_real_flow(
    frames: Tensor, real: Tensor, last_real: Tensor, estimate: FlowEstimator
) -> float:
    """Compute the mean warping error over all pixels along the real motion.

    See `vidgan.functional.warping_error`; the flow and its confidence are those between the real
    frames, and the frame before the first is the last given real frame.

    Args:
        frames: (T, 3, H, W), RGB in [-1, 1].
        real: (T, 3, H, W).
        last_real: (3, H, W).
        estimate: the flow estimator.
    """
    flow, confidence = estimate(real, torch.cat([last_real[None], real[:-1]]))
    video = torch.cat([last_real[None], frames])[None]
    return float(warping_error(video, flow[None], confidence[None], normalization="all").mean())


def metrics_table(rows: Mapping[str, Metrics]) -> str:
    """Format named rows as a Markdown table with aligned columns."""
    own = next(iter(rows.values())).own
    with_lpips = any(not math.isnan(row.lpips) for row in rows.values())
    standard = ["LPIPS"] if with_lpips else []
    cells = [["video", *standard, "ST-LPIPS", "PSNR", "SSIM", "warping error", *own]]
    for name, row in rows.items():
        numbers = (
            *([f"{row.lpips:.3f}"] if with_lpips else []),
            f"{row.st_lpips:.3f}",
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
