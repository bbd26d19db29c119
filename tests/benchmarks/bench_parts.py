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

from vidgan.conditions import face_condition_maps
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
    """Return 68 points in the layout of a frontal face, rough but of the right lengths."""
    angle = torch.linspace(math.pi, 0, 17)
    outline = torch.stack([0.35 * angle.cos(), 0.35 * angle.sin()], 1)
    rest = torch.rand(51, 2, generator=torch.Generator().manual_seed(0)) * 0.4 - 0.2
    return (torch.cat([outline, rest]) + 0.5) * size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    torch.set_num_threads(parser.parse_args().threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor() or "CPU"
    print(f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}")

    points = face(512).expand(8, -1, -1)
    maps = median_ms(lambda: face_condition_maps(points, (512, 512)), torch.device("cpu")) / 8
    print(f"face condition maps 512x512 (CPU): {maps:.2f} ms a frame, {1000 / maps:.0f} a second")

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
        print(f"generator of the face recipe 128x128, {dtype}: {step:.1f} ms a frame")


if __name__ == "__main__":
    main()
