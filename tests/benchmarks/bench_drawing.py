"""Time condition drawing, in frames per second, and instance pooling beside its loop.

    OMP_NUM_THREADS=1 python tests/benchmarks/bench_drawing.py [--repeats 101] [--profile]

On the CPU. Medians and the fastest of the repeats: where other programs share the machine, the
fastest is nearer to what it can do. Nothing is asserted: timings belong into docs/performance.md
with the name of the device.
"""

from __future__ import annotations

import argparse
import cProfile
import math
import pstats
import statistics
import time
from collections.abc import Callable

import torch

from tests.benchmarks.bench_parts import face
from tests.benchmarks.bench_pooling import blobs, loop
from vidgan.conditions import (
    POSE_STROKES,
    face_condition_maps,
    face_part_ids,
    pose_condition_maps,
    semantic_condition_maps,
)
from vidgan.functional import instance_mean


def milliseconds(call: Callable[[], object], repeats: int) -> list[float]:
    """Return the times of a call, after two calls to warm up."""
    times = []
    for index in range(repeats + 2):
        start = time.perf_counter()
        call()
        if index > 1:
            times.append(1000 * (time.perf_counter() - start))
    return times


def person(height: int) -> torch.Tensor:
    """Return 137 keypoints of a person of 0.6 of the height, upright, hands and face complete."""
    points = torch.zeros(137, 3)
    body = """
    0 -.34 0 -.27 -.07 -.26 -.11 -.13 -.12 -.01 .07 -.26 .11 -.13 .12 -.01 0 0 -.04 0 -.05 .15
    -.05 .28 .04 0 .05 .15 .05 .28 -.01 -.36 .01 -.36 -.03 -.35 .03 -.35 .08 .3 .07 .3 .05 .29
    -.08 .3 -.07 .3 -.05 .29
    """
    points[:25, :2] = torch.tensor([float(each) for each in body.split()]).view(25, 2)
    angle = torch.arange(70) * (2 * math.pi / 70)
    points[25:95, 0] = 0.02 * (5 * angle).cos()
    points[25:95, 1] = -0.34 + 0.025 * (3 * angle).sin()
    for first, wrist in ((95, 7), (116, 4)):
        finger, joint = torch.arange(20) // 4, torch.arange(20) % 4 + 1
        points[first, :2] = points[wrist, :2]
        points[first + 1 : first + 21, 0] = points[wrist, 0] + 0.006 * joint * (finger - 2)
        points[first + 1 : first + 21, 1] = points[wrist, 1] + 0.012 * joint
    points[:, :2] = points[:, :2] * height * 0.9 + height / 2
    points[:, 2] = 0.9
    assert len(POSE_STROKES) == 41
    return points


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=101)
    parser.add_argument("--profile", action="store_true", help="print the top rows of each")
    options = parser.parse_args()
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
    points, keypoints, size = face(512), person(512), (512, 512)
    instances = blobs(512, 1024, 100)
    labels = (instances // 1000 % 35).to(torch.uint8)
    features = torch.rand(1, 16, 512, 1024)

    def draw_face() -> None:
        face_condition_maps(points, size)
        face_part_ids(points, size)

    for name, call in {
        "face 512x512, edges, 14 distance maps and part ids": draw_face,
        "pose 512x512, 103 strokes": lambda: pose_condition_maps(keypoints, size),
        "one-hot maps of 35 classes and edges, 1024x512": lambda: semantic_condition_maps(
            labels, 35, instances=instances
        ),
    }.items():
        times = milliseconds(call, options.repeats)
        middle, least = statistics.median(times), min(times)
        rate = f"{1000 / middle:.0f} frames per second, {1000 / least:.0f} at best"
        print(f"{name}: {middle:.2f} ms ({least:.2f} at best), {rate}", flush=True)
        if options.profile:
            profile = cProfile.Profile()
            profile.runcall(milliseconds, call, 50)
            pstats.Stats(profile).sort_stats("tottime").print_stats(8)

    ratios = []
    for _ in range(10):  # pairs in one run
        looped = min(milliseconds(lambda: loop(features, instances), 1))
        pooled = statistics.median(milliseconds(lambda: instance_mean(features, instances), 9))
        ratios.append(looped / pooled)
    listed = " ".join(f"{ratio:.0f}" for ratio in sorted(ratios))
    print(f"instance pooling: {statistics.median(ratios):.0f} times the loop ({listed})")


if __name__ == "__main__":
    main()
