"""A chunk of 12 frames with and without activation checkpointing: time and memory."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from tests.benchmarks.measuring import Bench, Call, Case
from tests.benchmarks.street import autocast
from vidgan.models import composite_generator
from vidgan.rollout import RolloutState, SequentialRollout, estimate_memory

FRAMES = 12
FACE_CHANNELS = 15


def face_generator(channels: int, device: torch.device) -> nn.Module:
    """Build the generator of the face recipe."""
    torch.manual_seed(0)
    generator = composite_generator(
        FACE_CHANNELS,
        base_channels=channels,
        num_downsamplings=2,
        num_blocks=6,
        norm="instance",
        upsampling="resize",
    )
    return generator.to(device, memory_format=torch.channels_last)


def build_chunk(
    device: torch.device, *, side: int, length: int, checkpointing: bool, dtype: str
) -> Call:
    """Return a call: the face recipe's generator, forward and backward over a chunk."""
    generator = face_generator(32, device)
    for weight in generator.parameters():
        weight.grad = torch.zeros_like(weight)  # not counted: they are there from the start
    maps = torch.rand(1, 2 + length, FACE_CHANNELS, side, side, device=device)
    past = torch.rand(1, 2, 3, side, side, device=device)
    rollout = SequentialRollout(generator, activation_checkpointing=checkpointing)

    def call() -> None:
        with autocast(device, getattr(torch, dtype)):
            output, _ = rollout(maps[:, 2:], RolloutState(past, maps[:, :2]))
        parts = [part.float().square().mean() for part in output if part is not None]
        torch.stack(parts).sum().backward()

    return call


def run(bench: Bench) -> None:
    """Compare both in both precisions, then the estimates for the published width."""
    side, length = bench.size((128, FRAMES), (16, 3))
    for dtype in ("float32", "bfloat16"):
        cases = {
            f"{dtype}, {name}": {
                "side": side,
                "length": length,
                "checkpointing": name == "checkpointing",
                "dtype": dtype,
            }
            for name in ("all kept", "checkpointing")
        }
        calls = {
            path: partial(build_chunk, bench.device, **arguments)()
            for path, arguments in cases.items()
        }
        memory = {path: Case(__name__, "build_chunk", each) for path, each in cases.items()}
        what = f"{length} frames of {side}x{side}, forward and backward"
        first, second = bench.compare(what, calls, repeats=5, flop=False, memory=memory)
        if second["mib"] is not None:
            second["note"] = f"{second['mib'] / first['mib']:.3f} of the memory"
            print(second["note"], flush=True)
    with torch.device("meta"):
        generator = composite_generator(36)
    estimate = estimate_memory(generator, (256, 512), num_frames=FRAMES)
    what = f"street-512 without foreground, {FRAMES} frames, with weights and moments (estimate)"
    for path, number in (
        ("float32, all kept", estimate.total),
        ("float32, checkpointing", estimate.checkpointed_total),
    ):
        note = f"{number / estimate.total:.3f} of the memory"
        print(f"{what}, {path}: {note}", flush=True)
        bench.add(what, path, mib=number / 2**20, note=note)
