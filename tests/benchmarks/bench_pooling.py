"""Time instance pooling beside a loop over instances and channels in the same run.

    OMP_NUM_THREADS=1 python tests/benchmarks/bench_pooling.py

Nothing is asserted: timings belong into docs/performance.md with the name of the device.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable

import torch

from vidgan.functional import instance_features, instance_mean


def median_ms(call: Callable[[], object], device: torch.device, repeats: int) -> float:
    """Return the median time of a call in milliseconds, after one call to warm up."""
    times = []
    for index in range(repeats + 1):
        if device.type == "cuda":
            torch.cuda.synchronize()
        start = time.perf_counter()
        call()
        if device.type == "cuda":
            torch.cuda.synchronize()
        if index > 0:
            times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def blobs(height: int, width: int, count: int) -> torch.Tensor:
    """Return a map of ``count`` instances with curved borders, (1, 1, height, width).

    Every pixel belongs to the nearest of ``count`` random points.
    """
    generator = torch.Generator().manual_seed(0)
    points = torch.rand(count, 2, generator=generator) * torch.tensor([height, width])
    y, x = torch.arange(height)[:, None], torch.arange(width)
    nearest = torch.full((height, width), float("inf"))
    instances = torch.zeros(height, width, dtype=torch.int64)
    for index, (row, column) in enumerate(points.tolist()):
        distance = (y - row) ** 2 + (x - column) ** 2
        instances[distance < nearest] = 1000 * index
        nearest = torch.minimum(nearest, distance)
    return instances[None, None]


def loop(features: torch.Tensor, instances: torch.Tensor) -> torch.Tensor:
    """Average one instance and one channel at a time."""
    pooled = torch.empty_like(features)
    for sample, ids, out in zip(features, instances[:, 0], pooled, strict=True):
        for instance in ids.unique():
            mask = ids == instance
            for channel in range(features.shape[1]):
                out[channel][mask] = sample[channel][mask].mean()
    return pooled


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    torch.set_num_threads(parser.parse_args().threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor() or "CPU"
    print(f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}")

    features = torch.rand(1, 16, 512, 1024, device=device)
    instances = blobs(512, 1024, 100).to(device)
    torch.testing.assert_close(instance_mean(features, instances), loop(features, instances))
    print(f"{len(instances.unique())} instances, 16 features, 1024x512")

    looped = median_ms(lambda: loop(features, instances), device, repeats=3)
    pooled = median_ms(lambda: instance_mean(features, instances), device, repeats=31)
    listed = median_ms(lambda: instance_features(features, instances), device, repeats=31)
    print(f"loop over instances and channels: {looped:.1f} ms")
    print(f"instance_features: {listed:.1f} ms")
    print(f"instance_mean: {pooled:.1f} ms, {looped / pooled:.0f} times faster than the loop")

    leaf = features.clone().requires_grad_()
    gradient = torch.rand_like(features)
    both = median_ms(lambda: instance_mean(leaf, instances).backward(gradient), device, repeats=9)
    print(f"instance_mean with its gradient: {both:.1f} ms")


if __name__ == "__main__":
    main()
