"""A training step of the street preset with D_I and two D_V, whole and by its parts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from tests.benchmarks.measuring import Bench, Call, Case, print_row
from tests.benchmarks.plain import plain_adversarial_step
from tests.benchmarks.street import Clip, Street, autocast, check, street_clip
from vidgan.losses import AdversarialLoss, FeatureMatchingLoss
from vidgan.training import adversarial_step

PARTS = ("forward of G", "forward of D_I and D_V", "backward of G", "backward of D_I and D_V")


class Clock:
    """Milliseconds between marks; on a GPU each mark waits for it."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.times = device, []
        self._last = time.perf_counter()

    def mark(self) -> None:
        """End a part."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        now = time.perf_counter()
        self.times.append(1000 * (now - self._last))
        self._last = now


class Step:
    """The losses and gradients of one frame, without the optimizers.

    Args:
        networks: the generator, D_I and any D_V.
        step: computes the terms of one discriminator.
        clip: of three frames.
        dtype: of autocast.
    """

    def __init__(
        self,
        networks: list[nn.Module],
        step: Callable[..., Any],
        clip: Clip,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.networks, self.step, self.clip, self.dtype = networks, step, clip, dtype
        self.adversarial, self.matching = AdversarialLoss(), FeatureMatchingLoss()

    def __call__(self, clock: Clock | None = None) -> list[Tensor]:
        mark = clock.mark if clock else lambda: None
        for network in self.networks:
            network.zero_grad()
        clip, past = self.clip, self.clip.frames[:, :2]
        with autocast(past.device, self.dtype):
            out = self.networks[0](clip.maps, past, foreground_mask=clip.masks[:, 2])
            mark()
            for_generator, for_discriminators = self.losses(out)
        mark()
        torch.stack(for_generator).sum().backward()
        mark()
        torch.stack(for_discriminators).sum().backward()
        mark()
        return [loss.detach() for loss in (*for_generator, *for_discriminators)]

    def losses(self, out: Any) -> tuple[list[Tensor], list[Tensor]]:
        """Compute the losses of G and of the discriminators."""
        past, real = self.clip.frames[:, :2], self.clip.frames[:, 2]
        image, *videos = self.networks[1:]
        for_generator = [out.flow.square().mean(), (out.warped - real).abs().mean()]
        for_discriminators = []
        # each D_V sees three frames with their two flows
        flows = real.new_zeros(len(real), 4, *real.shape[-2:])
        conditions, before = self.clip.maps[:, -1], [past.flatten(1, 2), flows]
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


def _steps(bench: Bench) -> dict[str, Step]:
    channels, size = bench.size((64, (128, 256)), (4, (16, 32)))
    street = Street(channels, bench.device)
    clip = street_clip(size, 3, bench.device)
    for network in (*street.plain, *street.fast):
        network.train()
    return {
        "baseline": Step(street.plain, plain_adversarial_step, clip),
        "float32": Step(street.fast, adversarial_step, clip),
        "bfloat16": Step(street.fast, adversarial_step, clip, torch.bfloat16),
    }


def build_step(device: torch.device, *, path: str, quick: bool) -> Call:
    """Return the call of one step, for a process of its own."""
    return _steps(Bench(device, quick=quick))[path]


def run(bench: Bench) -> None:
    """Compare the step with the plain path, then its parts, then time the optimizers."""
    steps = _steps(bench)
    check("losses of a step", steps["float32"](), steps["baseline"](), 1e-5)
    cases = {
        path: Case(__name__, "build_step", {"path": path, "quick": bench.quick}) for path in steps
    }
    size = "x".join(map(str, reversed(steps["baseline"].clip.frames.shape[-2:])))
    bench.compare(f"training step, {size}", dict(steps), repeats=7, memory=cases)
    parts: dict[str, list[list[float]]] = {path: [] for path in steps}
    for _ in range(bench.size(3, 1)):
        for path, step in steps.items():
            clock = Clock(bench.device)
            step(clock)
            parts[path].append(clock.times)
    for index, part in enumerate(PARTS):
        base = [times[index] for times in parts["baseline"]]
        for path, turns in parts.items():
            own = [times[index] for times in turns]
            ratios = [a / b for a, b in zip(own, base, strict=True)]
            print_row(bench.add(f"training step: {part}", path, own, ratios))
    weights = [weight for network in steps["float32"].networks for weight in network.parameters()]
    adam = {
        "float32": torch.optim.Adam(weights, lr=1e-9),
        "float32, foreach": torch.optim.Adam(weights, lr=1e-9, foreach=True),
    }
    calls: dict[str, Call] = {path: optimizer.step for path, optimizer in adam.items()}
    bench.compare("training step: Adam of G, D_I and D_V", calls, repeats=5, flop=False)
