"""The figures for one GPU: streaming at the published sizes, and a training step at 512x256.

TF32 is on for every path, the baseline's too. Nothing here runs on a CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from tests.benchmarks.measuring import Bench, Call
from tests.benchmarks.plain import plain_adversarial_step, plain_network
from tests.benchmarks.steps import Step
from tests.benchmarks.street import (
    CHANNELS,
    Street,
    autocast,
    check,
    street_clip,
    street_generator,
)
from vidgan.layers import cast_convolutions
from vidgan.models import fast_generator
from vidgan.rollout import StreamingGenerator
from vidgan.training import adversarial_step

Size = tuple[int, int]
STREAMS: dict[str, tuple[Size, int]] = {
    "street generator, 2048x1024, three scales, streaming": ((1024, 2048), 3),
    "street generator, 1024x512, two scales, streaming": ((512, 1024), 2),
    "fast_generator, 2048x1024, streaming": ((1024, 2048), 0),
}
"""Size, and number of scales; 0 is the fast generator."""
STEP = "training step, 512x256"
PATHS = ("baseline", "bfloat16", "bfloat16, CUDA graph")
TARGETS = (60, 100, 120)  # frames per second


def _stream(
    network: nn.Module,
    size: Size,
    device: torch.device,
    dtype: torch.dtype,
    *,
    cuda_graph: bool = False,
) -> Call:
    stream = StreamingGenerator(network.eval(), cuda_graph=cuda_graph)
    clip = street_clip(size, 3, device)
    has_foreground = any(getattr(part, "foreground", None) for part in network.modules())
    options: dict[str, Any] = {"foreground_mask": clip.masks[:, 2]} if has_foreground else {}
    stream.reset(clip.frames[:, :2], clip.maps[:, :2])

    def step() -> object:
        with autocast(device, dtype):
            return stream.step(clip.maps[:, 2], **options)

    if cuda_graph:
        for _ in range(5):  # four plain ones, and the capture
            step()
    return step


def time_streams(bench: Bench) -> None:
    """Time a streaming step at batch 1, in bfloat16, beside the plain network with TF32."""
    for (what, (size, scales)), target in zip(STREAMS.items(), TARGETS, strict=True):
        if bench.device.type != "cuda":
            for path in PATHS:
                bench.skip(what, path)
            continue
        torch.manual_seed(0)
        if scales:
            network = street_generator(128, bench.device, num_scales=scales)
        else:
            network = fast_generator(CHANNELS).to(bench.device)
        plain, cast = plain_network(network), cast_convolutions(network)
        cast.to(memory_format=torch.channels_last)
        calls = {
            "baseline": _stream(plain, size, bench.device, torch.float32),
            "bfloat16": _stream(cast, size, bench.device, torch.bfloat16),
            "bfloat16, CUDA graph": _stream(
                cast, size, bench.device, torch.bfloat16, cuda_graph=True
            ),
        }
        for row in bench.compare(what, calls)[1:]:
            rate = 1000 / row["ms"]
            row["note"] = f"{rate:.1f} frames per second, {target} wanted"


def time_step(bench: Bench) -> None:
    """Time the losses and gradients of a frame at the published width."""
    if bench.device.type != "cuda":
        for path in ("baseline", "float32", "bfloat16"):
            bench.skip(STEP, path)
        return
    street = Street(128, bench.device)
    clip = street_clip((256, 512), 3, bench.device)
    steps: dict[str, Callable[[], Any]] = {
        "baseline": Step(street.plain, plain_adversarial_step, clip),
        "float32": Step(street.fast, adversarial_step, clip),
        "bfloat16": Step(street.fast, adversarial_step, clip, torch.bfloat16),
    }
    check("losses of a step", steps["float32"](), steps["baseline"](), 1e-2)  # TF32
    bench.compare(STEP, dict(steps))


def run(bench: Bench) -> None:
    """Measure all rows, or say that they were not measured."""
    time_streams(bench)
    time_step(bench)
