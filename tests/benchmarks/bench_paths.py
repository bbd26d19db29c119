"""Time a frame and a training step beside the plain baseline in the same run.

    OMP_NUM_THREADS=1 python tests/benchmarks/bench_paths.py [--json paths.json]

The street preset at one scale: 35 classes and edges, one frame, D_I and two D_V. The baseline, see
`plain.py`, must return the same numbers first. Both run in turn, so that other programs slow down
both: a ratio is the median over the pairs. Nothing is asserted about times.
"""

from __future__ import annotations

import argparse
import copy
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).parent))
from plain import plain_adversarial_step, plain_network

from vidgan.conditions import semantic_condition_maps
from vidgan.generators import use_one_hot_stems
from vidgan.layers import cast_convolutions
from vidgan.losses import AdversarialLoss, FeatureMatchingLoss
from vidgan.models import composite_generator, multiscale_discriminator
from vidgan.training import adversarial_step

CLASSES = 35
Call = Callable[[], object]


def paired(name: str, calls: dict[str, Call], pairs: int, flop: int) -> list[dict[str, Any]]:
    """Time calls in turn; print and return a row for each, the first being the baseline."""
    times: dict[str, list[float]] = {kind: [] for kind in calls}
    for index in range(pairs + 1):
        for kind, call in calls.items():
            start = time.perf_counter()
            call()
            if index:
                times[kind].append(time.perf_counter() - start)
    base = times[next(iter(times))]
    rows = []
    for kind, own in times.items():
        ratios = sorted(a / b for a, b in zip(own, base, strict=True))
        quarter = len(ratios) // 4
        row = {
            "what": name,
            "path": kind,
            "ms": 1000 * statistics.median(own),
            "ratio": statistics.median(ratios),
            "quartiles": [ratios[quarter], ratios[-1 - quarter]],
            "gflop": flop / 1e9,
        }
        rows.append(row)
        print(
            f"| {name} | {kind} | {row['ms']:.0f} ms | {row['ratio']:.3f} "
            f"({ratios[quarter]:.3f} to {ratios[-1 - quarter]:.3f}) |",
            flush=True,
        )
    return rows


def street(height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return conditions, frames and a foreground mask of three frames with blocks of labels."""
    rng = torch.Generator().manual_seed(0)
    labels = torch.randint(CLASSES, (1, 3, 1, height // 8, width // 8), generator=rng)
    labels = labels.repeat_interleave(8, -2).repeat_interleave(8, -1)
    maps = semantic_condition_maps(labels, CLASSES, instances=labels)
    frames = torch.rand(1, 3, 3, height, width, generator=rng) * 2 - 1
    return maps, frames, (labels[:, -1] < 5).float()


def check(name: str, got: Any, want: Any, tolerance: float) -> None:
    """Raise unless two paths return the same numbers."""
    for ours, theirs in zip(got, want, strict=True):
        largest = float(theirs.detach().abs().max())
        torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance * largest)
    print(f"{name}: the baseline returns the same numbers (within {tolerance:g})")


class Step:
    """The losses and gradients of one frame, without the optimizers."""

    def __init__(self, networks: list[nn.Module], step: Callable[..., Any], data: Any) -> None:
        self.networks, self.step = networks, step
        self.maps, self.frames, self.mask = data
        self.adversarial, self.matching = AdversarialLoss(), FeatureMatchingLoss()

    def __call__(self, dtype: torch.dtype = torch.float32) -> list[Tensor]:
        for network in self.networks:
            network.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
            for_generator, for_discriminators = self.losses()
        torch.stack(for_generator).sum().backward()
        torch.stack(for_discriminators).sum().backward()
        return [loss.detach() for loss in (*for_generator, *for_discriminators)]

    def losses(self) -> tuple[list[Tensor], list[Tensor]]:
        generator, image, *videos = self.networks
        past, real = self.frames[:, :2], self.frames[:, 2]
        out = generator(self.maps, past, foreground_mask=self.mask)
        for_generator = [out.flow.square().mean(), (out.warped - real).abs().mean()]
        for_discriminators = []
        # each D_V sees three frames with their two flows
        flows = torch.zeros(1, 4, *real.shape[-2:])
        conditions, before = self.maps[:, -1], [past.flatten(1, 2), flows]
        seen = [(image, [conditions]), *((video, before) for video in videos)]
        for network, others in seen:
            terms = self.step(
                lambda *parts, network=network: network(torch.cat(parts, 1)),
                [*others, real],
                [*others, out.frame],
                generator_losses={"gan": self.adversarial, "matching": self.matching},
                discriminator_losses={"d": self.adversarial.discriminator},
            )
            for_generator += terms[0].values()
            for_discriminators += terms[1].values()
        return for_generator, for_discriminators


def time_frames(plain: nn.Module, fast: nn.Module, data: Any, pairs: int) -> list[dict[str, Any]]:
    """Time a generated frame in eval mode."""

    def frame(network: nn.Module, dtype: torch.dtype = torch.float32) -> list[Tensor]:
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, dtype == torch.bfloat16):
            out = network.eval()(data[0], data[1][:, :2], foreground_mask=data[2])
        return [out.frame, out.hallucinated, out.flow]

    check("frame", frame(fast), frame(plain), 1e-4)
    with FlopCounterMode(display=False) as counter:
        frame(plain)
    cast = cast_convolutions(copy.deepcopy(fast))
    calls: dict[str, Call] = {
        "baseline": lambda: frame(plain),
        "float32": lambda: frame(fast),
        "bfloat16": lambda: frame(fast, torch.bfloat16),
        "bfloat16, weights cast once": lambda: frame(cast, torch.bfloat16),
    }
    return paired("frame", calls, pairs, counter.get_total_flops())


def time_steps(
    plain: list[nn.Module], fast: list[nn.Module], data: Any, pairs: int
) -> list[dict[str, Any]]:
    """Time the losses of a frame with their gradients."""
    for network in (plain[0], fast[0]):
        network.train()
    base, own = Step(plain, plain_adversarial_step, data), Step(fast, adversarial_step, data)
    check("losses of a step", own(), base(), 1e-5)
    with FlopCounterMode(display=False) as counter:
        base()
    calls = {"baseline": base, "float32": own, "bfloat16": lambda: own(torch.bfloat16)}
    return paired("training step", calls, pairs, counter.get_total_flops())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--height", type=int, default=128)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--norm", default="batch")
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--only", choices=("frame", "step"))
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    print(
        f"{platform.processor() or 'CPU'}, {torch.get_num_threads()} threads, {torch.__version__}"
    )
    torch.manual_seed(0)
    data = street(args.height, args.width)
    generator = composite_generator(
        CLASSES + 1, base_channels=args.channels, foreground=True, norm=args.norm
    )
    discriminators = [
        multiscale_discriminator(channels, num_scales=scales, norm=args.norm)
        for channels, scales in ((CLASSES + 4, 2), (13, 2), (13, 2))
    ]
    plain = [plain_network(network) for network in (generator, *discriminators)]
    use_one_hot_stems(generator, CLASSES)
    fast = [generator, *discriminators]
    for network in fast:
        network.to(memory_format=torch.channels_last)

    rows = []
    if args.only != "step":
        rows += time_frames(plain[0], fast[0], data, args.pairs)
    if args.only != "frame":
        rows += time_steps(plain, fast, data, args.pairs)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
