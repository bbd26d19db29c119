"""Time and memory against size, clip length, batch and number of scales."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from tests.benchmarks.measuring import Bench, Call, Case, print_row
from tests.benchmarks.street import street_clip, street_generator
from vidgan.rollout import SequentialRollout

WIDTH = 16  # of the generator: all sizes run on one core


class Point(NamedTuple):
    """A chunk of training.

    Attributes:
        height: of frames twice as wide.
        frames: of the chunk.
        batch: videos.
        scales: of the generator.
    """

    height: int = 64
    frames: int = 2
    batch: int = 1
    scales: int = 1

    @property
    def pixels(self) -> int:
        """All pixels that are generated."""
        return 2 * self.height**2 * self.frames * self.batch


SERIES: dict[str, list[Point]] = {
    "size": [Point(height=height) for height in (32, 64, 96, 128, 192)],
    "clip length": [Point(frames=frames) for frames in (1, 2, 4, 8, 12)],
    "batch": [Point(batch=batch) for batch in (1, 2, 4, 6, 8)],
    "scales": [Point(height=128, scales=scales) for scales in (1, 2, 3)],
}
"""What varies, and its points; a finer scale adds layers at the full size."""
TINY = {"size": [Point(height=16), Point(height=32)]}


def build_chunk(device: torch.device, **point: Any) -> Call:
    """Return a call: forward and backward of a chunk."""
    height, frames, batch, scales = Point(**point)
    torch.manual_seed(0)
    generator = street_generator(WIDTH, device, num_scales=scales)
    clip = street_clip((height, 2 * height), 2 + frames, device, batch=batch)
    for weight in generator.parameters():
        weight.grad = torch.zeros_like(weight)
    rollout = SequentialRollout(generator)

    def call() -> None:
        masks = clip.masks[:, 2:]
        output, _ = rollout(clip.maps[:, 2:], clip.state(), foreground_masks=masks)
        output.frames.square().mean().backward()

    return call


def label(name: str, point: Point) -> str:
    """Return where a point stands on the axis of its series."""
    values = {
        "size": f"{2 * point.height}x{point.height}",
        "clip length": f"{point.frames} frame{'s' * (point.frames > 1)}",
        "batch": f"batch {point.batch}",
        "scales": f"{point.scales} scale{'s' * (point.scales > 1)}",
    }
    return values[name]


def run(bench: Bench) -> None:
    """Measure every series; note the cost per pixel of its largest against its smallest point."""
    for name, points in (TINY if bench.quick else SERIES).items():
        calls = {
            label(name, point): build_chunk(bench.device, **point._asdict()) for point in points
        }
        rows = []
        for (path, times), point in zip(bench.turns(calls, 3).items(), points, strict=True):
            mib = bench.peak_memory(Case(__name__, "build_chunk", point._asdict()))
            rows.append(bench.add(f"scaling with {name}", path, times, mib=mib))
            rows[-1]["pixels"] = point.pixels
            print_row(rows[-1])
        if name != "scales" and len(rows) > 1:
            first, last = rows[0], rows[-1]
            per_pixel = [
                last[column] / last["pixels"] / (first[column] / first["pixels"])
                for column in ("ms", "mib")
            ]
            last["note"] = "per pixel, of the smallest: time {:.2f}, memory {:.2f}".format(
                *per_pixel
            )
            print(last["note"], flush=True)
