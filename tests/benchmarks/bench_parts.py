"""Time the parts, one line each: medians of several repeats.

    python tests/benchmarks/bench_parts.py [--threads 1]

Nothing is asserted: timings belong into docs/performance.md with the name of the device.
"""

from __future__ import annotations

import argparse
import math
import platform
import statistics
import time
from collections.abc import Callable

import torch

from vidgan.conditions import face_condition_maps, face_part_ids
from vidgan.functional import flow_warp
from vidgan.models import composite_generator


def median_ms(call: Callable[[], object], device: torch.device, repeats: int = 9) -> float:
    """Return the median time of a call in milliseconds, after two calls to warm up."""
    times = []
    for index in range(repeats + 2):
        if device.type == "cuda":
            torch.cuda.synchronize()
        start = time.perf_counter()
        call()
        if device.type == "cuda":
            torch.cuda.synchronize()
        if index > 1:
            times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def face(size: int) -> torch.Tensor:
    """Return 68 points on 10 ellipses where a frontal face has its parts, (68, 2) in pixels."""
    # first point, number of points, center x and y, radii, first and last angle in half turns
    parts = [
        *((0, 17, 0.5, 0.45, 0.38, 0.45, 1.0, 0.0), (17, 5, 0.33, 0.38, 0.1, 0.04, -1.0, 0.0)),
        *((22, 5, 0.67, 0.38, 0.1, 0.04, -1.0, 0.0), (27, 4, 0.5, 0.5, 0.01, 0.1, -0.5, 0.5)),
        *((31, 5, 0.5, 0.6, 0.07, 0.02, 1.0, 0.0), (36, 6, 0.34, 0.45, 0.06, 0.03, -1.0, 0.67)),
        *((42, 6, 0.66, 0.45, 0.06, 0.03, -1.0, 0.67), (48, 12, 0.5, 0.75, 0.13, 0.06, -1.0, 0.83)),
        (60, 8, 0.5, 0.75, 0.1, 0.03, -1.0, 0.75),
    ]
    points = torch.empty(68, 2)
    for first, count, x, y, radius_x, radius_y, begin, end in parts:
        angle = torch.linspace(begin * math.pi, end * math.pi, count)
        points[first : first + count, 0] = x + radius_x * angle.cos()
        points[first : first + count, 1] = y + radius_y * angle.sin()
    return points * size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    torch.set_num_threads(parser.parse_args().threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor() or "CPU"
    print(f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}")

    points, size = face(512), (512, 512)

    def draw() -> None:
        face_condition_maps(points, size)
        face_part_ids(points, size)

    maps = median_ms(draw, torch.device("cpu"), repeats=101)
    print(
        "face edges, part ids and 14 distance maps 512x512, on the CPU: "
        f"{maps:.2f} ms per frame, {1000 / maps:.0f} per second"
    )

    image = torch.rand(1, 3, 512, 1024, device=device)
    flow = torch.randn(1, 2, 512, 1024, device=device)
    print(f"flow_warp 512x1024: {median_ms(lambda: flow_warp(image, flow), device):.2f} ms")

    generator = composite_generator(15, base_channels=32, num_downsamplings=2, num_blocks=6)
    generator = generator.to(device, memory_format=torch.channels_last).eval()
    conditions = torch.rand(1, 3, 15, 128, 128, device=device)
    past = torch.rand(1, 2, 3, 128, 128, device=device)
    for dtype in (torch.float32, torch.bfloat16):
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, dtype == torch.bfloat16):
            step = median_ms(lambda: generator(conditions, past), device)
        print(f"generator of the face recipe 128x128, {dtype}: {step:.1f} ms per frame")


if __name__ == "__main__":
    main()
