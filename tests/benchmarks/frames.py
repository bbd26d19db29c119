"""One generated frame, a rollout and a streaming step of the street preset."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from tests.benchmarks.measuring import Bench, Call, Case
from tests.benchmarks.plain import plain_rollout
from tests.benchmarks.street import Clip, Street, autocast, check, street_clip
from vidgan.layers import cast_convolutions
from vidgan.rollout import SequentialRollout, StreamingGenerator

BFLOAT16 = torch.bfloat16


class Frames:
    """The networks in eval mode, and what they are called with.

    Args:
        bench: for device and size.
    """

    def __init__(self, bench: Bench, length: int) -> None:
        channels, size = bench.size((64, (128, 256)), (4, (16, 32)))
        street = Street(channels, bench.device)
        self.plain, self.fast = street.plain[0].eval(), street.fast[0].eval()
        self.cast = cast_convolutions(copy.deepcopy(self.fast))
        self.clip = street_clip(size, 2 + length, bench.device)


def frame(network: nn.Module, clip: Clip, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Generate the third frame of a clip."""
    with torch.no_grad(), autocast(clip.maps.device, dtype):
        past, mask = clip.frames[:, :2], clip.masks[:, 2]
        out = network(clip.maps[:, :3], past, foreground_mask=mask)
    return [out.frame, out.hallucinated, out.flow]


def rollout(network: nn.Module, clip: Clip, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Generate all frames but the first two."""
    with torch.no_grad(), autocast(clip.maps.device, dtype):
        out, _ = SequentialRollout(network)(
            clip.maps[:, 2:], clip.state(), foreground_masks=clip.masks[:, 2:]
        )
    return [out.frames, out.flows]


def _plain(network: nn.Module, clip: Clip) -> list[Tensor]:
    with torch.no_grad():
        return [*plain_rollout(network, clip.maps, clip.frames[:, :2], clip.masks[:, 2:])]


def build_frame(device: torch.device, *, plain: bool, bfloat16: bool, quick: bool) -> Call:
    """Return the call of one frame, for a process of its own."""
    own = Frames(Bench(device, quick=quick), 1)
    network = own.plain if plain else own.fast
    return lambda: frame(network, own.clip, BFLOAT16 if bfloat16 else torch.float32)


def _cases(bench: Bench) -> dict[str, Case]:
    options = {
        "baseline": {"plain": True, "bfloat16": False},
        "float32": {"plain": False, "bfloat16": False},
        "bfloat16": {"plain": False, "bfloat16": True},
    }
    return {
        path: Case(__name__, "build_frame", {**each, "quick": bench.quick})
        for path, each in options.items()
    }


def _streaming(network: nn.Module, clip: Clip, dtype: torch.dtype = torch.float32) -> Call:
    stream = StreamingGenerator(network)
    stream.reset(clip.frames[:, :2], clip.maps[:, :2])

    def step() -> Tensor:
        with autocast(clip.maps.device, dtype):
            return stream.step(clip.maps[:, 2], foreground_mask=clip.masks[:, 2])

    return step


def run(bench: Bench) -> None:
    """Compare frames, rollouts and streams with the plain path."""
    own = Frames(bench, bench.size(4, 2))
    clip, size = own.clip, "x".join(map(str, reversed(own.clip.frames.shape[-2:])))
    check("frame", frame(own.fast, clip), frame(own.plain, clip), 1e-4)
    calls: dict[str, Call] = {
        "baseline": lambda: frame(own.plain, clip),
        "float32": lambda: frame(own.fast, clip),
        "bfloat16": lambda: frame(own.fast, clip, BFLOAT16),
        "bfloat16, weights cast once": lambda: frame(own.cast, clip, BFLOAT16),
    }
    bench.compare(f"generator forward, {size}", calls, memory=_cases(bench))
    # errors grow from frame to frame: the first must agree, as above
    frames = clip.masks.shape[1] - 2
    rolled: dict[str, Call] = {
        "baseline": lambda: _plain(own.plain, clip),
        "float32": lambda: rollout(own.fast, clip),
        "bfloat16, weights cast once": lambda: rollout(own.cast, clip, BFLOAT16),
    }
    bench.compare(f"rollout of {frames} frames, {size}", rolled, repeats=5, flop=False)
    one = Clip(*(part[:, :3] for part in clip))
    streams: dict[str, Any] = {
        "baseline": lambda: _plain(own.plain, one),
        "float32": _streaming(own.fast, clip),
        "bfloat16, weights cast once": _streaming(own.cast, clip, BFLOAT16),
    }
    bench.compare(f"streaming step, {size}", streams, repeats=7, flop=False)
