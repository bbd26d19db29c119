"""`fast_generator` from a label map to pixels, and its operations beside the composite's."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tests.benchmarks.checkpointing import FACE_CHANNELS, face_generator
from tests.benchmarks.measuring import Bench, Call, count_gflop
from tests.benchmarks.street import CHANNELS, CLASSES, autocast
from vidgan.conditions import semantic_condition_maps
from vidgan.generators import fuse_norms
from vidgan.models import composite_generator, fast_generator
from vidgan.rollout import StreamingGenerator


class LabelStream:
    """Generates frames from label maps that move on by a pixel each.

    Args:
        generator: of frames.
        size: height and width.
        device: of the generator.
        dtype: of autocast.
    """

    def __init__(
        self,
        generator: nn.Module,
        size: tuple[int, int],
        device: torch.device,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        rng = torch.Generator().manual_seed(0)
        blocks = torch.randint(CLASSES, (1, 1, size[0] // 8, size[1] // 8), generator=rng)
        labels = blocks.repeat_interleave(8, -2).repeat_interleave(8, -1)
        self.labels = labels.to(device)
        self.stream = StreamingGenerator(generator.eval().to(device))
        self.device, self.dtype = device, dtype
        self.maps = torch.empty(1, CHANNELS, *size, device=device)
        self.frame = 0

    def __call__(self) -> Tensor:
        """Draw the maps of the next frame, generate it, and round it to bytes."""
        self.frame += 1
        moved = self.labels.roll(self.frame, -1)
        maps = semantic_condition_maps(moved, CLASSES, instances=moved, out=self.maps)
        with autocast(self.device, self.dtype):
            frame = self.stream.step(maps)
        return ((frame.float() + 1) * 127.5).round().to(torch.uint8)


def gflop_of_a_frame(generator: nn.Module, size: tuple[int, int], device: torch.device) -> float:
    """Count the operations of a frame."""
    conditions = torch.zeros(1, 3, CHANNELS, *size, device=device)
    past = torch.zeros(1, 2, 3, *size, device=device)
    generator.eval()
    return count_gflop(lambda: torch.no_grad()(generator)(conditions, past))


def time_face(bench: Bench) -> None:
    """Time a frame of the face recipe's generator."""
    side, channels = bench.size((128, 32), (16, 4))
    generator = face_generator(channels, bench.device).eval()
    conditions = torch.rand(1, 3, FACE_CHANNELS, side, side, device=bench.device)
    past = torch.rand(1, 2, 3, side, side, device=bench.device)

    def call(dtype: torch.dtype) -> Call:
        def frame() -> object:
            with torch.no_grad(), autocast(bench.device, dtype):
                return generator(conditions, past)

        return frame

    calls = {"float32": call(torch.float32), "bfloat16": call(torch.bfloat16)}
    what = f"generator of the face recipe, a frame of {side}x{side}"
    bench.compare(what, calls, baseline=False)


def run(bench: Bench) -> None:
    """Time the streams, and count the operations beside those of the composite generator."""
    time_face(bench)
    torch.manual_seed(0)
    size = bench.size((128, 256), (16, 32))
    generator = fuse_norms(fast_generator(CHANNELS).eval()).to(bench.device)
    generator.to(memory_format=torch.channels_last)
    what = f"fast_generator, label map to pixels, {size[1]}x{size[0]}"
    calls = {"float32": LabelStream(generator, size, bench.device)}
    rows = bench.compare(what, calls, repeats=60, baseline=False)
    rows[0]["note"] = f"{1000 / rows[0]['ms']:.1f} frames per second"
    print(rows[0]["note"])
    composite = composite_generator(CHANNELS, base_channels=bench.size(64, 4)).to(bench.device)
    for name, network in (("composite, width 64", composite), ("fast_generator", generator)):
        row = bench.add("operations of a frame", name)
        row["gflop"] = gflop_of_a_frame(network, size, bench.device)
        print(f"{name}: {row['gflop']:.2f} GFLOP")
