"""Times `fast_generator` from a label map to pixels: 36 condition maps, 256x128, batch 1.

OMP_NUM_THREADS=2 python tests/benchmarks/bench_fast.py
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from torch.utils.flop_counter import FlopCounterMode

from vidgan.conditions import semantic_condition_maps
from vidgan.generators import fuse_norms
from vidgan.models import composite_generator, fast_generator
from vidgan.rollout import StreamingGenerator

CLASSES, HEIGHT, WIDTH = 35, 128, 256


def count(generator: torch.nn.Module) -> float:
    """Return the GFLOP of one frame; a multiplication and an addition are two operations."""
    conditions = torch.zeros(1, 3, CLASSES + 1, HEIGHT, WIDTH)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        generator.eval()(conditions, torch.zeros(1, 2, 3, HEIGHT, WIDTH))
    return counter.get_total_flops() / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=60)
    frames = parser.parse_args().frames
    torch.manual_seed(0)
    generator = fuse_norms(fast_generator(CLASSES + 1).eval()).to(memory_format=torch.channels_last)
    blocks = torch.randint(CLASSES, (1, 1, HEIGHT // 8, WIDTH // 8))
    labels = blocks.repeat_interleave(8, -2).repeat_interleave(8, -1)
    streaming = StreamingGenerator(generator)
    times = []
    for frame in range(frames + 5):
        begin = time.perf_counter()
        moved = labels.roll(frame, -1)
        maps = semantic_condition_maps(moved, CLASSES, instances=moved)
        pixels = ((streaming.step(maps) + 1) * 127.5).round().to(torch.uint8)
        times.append(time.perf_counter() - begin)
    assert pixels.shape == (1, 3, HEIGHT, WIDTH)
    low, middle, high = statistics.quantiles(times[5:], n=4)
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
    print(f"label map to uint8: {1e3 * middle:.1f} ms ({1e3 * low:.1f} to {1e3 * high:.1f})")
    print(f"frames per second: {1 / middle:.1f}")
    composite = composite_generator(CLASSES + 1, base_channels=64)
    print(f"GFLOP: {count(generator):.2f}; composite of width 64: {count(composite):.2f}")


if __name__ == "__main__":
    main()
