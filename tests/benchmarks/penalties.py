"""A discriminator's step with exact and with finite-difference penalties.

A step: real and generated clips, the hinge loss, the penalty, the backward pass, the optimizer.
Exact penalties are computed in float32, outside autocast, as `gradient_penalty_r1` asks;
approximate ones in float32, also in one pass of all samples, and under bfloat16 autocast.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from tests.benchmarks.measuring import Bench
from vidgan.functional import finite_difference_penalty
from vidgan.losses import AdversarialLoss, FiniteDifferencePenalty, GradientPenalty
from vidgan.models import multiscale_discriminator, multiscale_discriminator_3d

hinge, exact, approximate = AdversarialLoss("hinge"), GradientPenalty(), FiniteDifferencePenalty()


def exact_step(discriminator: nn.Module, real: Tensor, fake: Tensor, both: bool) -> Tensor:
    """Return the loss with R1, and R2 if ``both``."""
    real, fake = real.clone().requires_grad_(), fake.clone().requires_grad_(both)
    on_real, on_fake = discriminator(real), discriminator(fake)
    loss = hinge.discriminator(on_real, on_fake) + exact(real, on_real)
    return loss + exact(fake, on_fake) if both else loss


def approximate_step(discriminator: nn.Module, real: Tensor, fake: Tensor, both: bool) -> Tensor:
    """Return the loss with approximate R1, and approximate R2 if ``both``."""
    on_real, on_fake = discriminator(real), discriminator(fake)
    loss = hinge.discriminator(on_real, on_fake) + approximate(discriminator, real, on_real)
    return loss + approximate(discriminator, fake, on_fake) if both else loss


def approximate_joint_step(
    discriminator: nn.Module, real: Tensor, fake: Tensor, both: bool
) -> Tensor:
    """Return the same as `approximate_step`, from one pass of all samples, noisy ones too."""
    clean = [real, fake]
    noisy = [x + approximate.sigma * torch.randn_like(x) for x in clean[: 1 + both]]
    scales = discriminator(torch.cat([*clean, *noisy]))
    parts = zip(*(scale.logits.split(len(real)) for scale in scales), strict=True)
    (on_real, on_fake, *on_noisy) = [list(part) for part in parts]
    loss = hinge.discriminator(on_real, on_fake)
    for logits, perturbed in zip((on_real, on_fake), on_noisy, strict=False):
        penalty = finite_difference_penalty(
            logits, perturbed, sigma=approximate.sigma, reduction="mean"
        )
        loss = loss + approximate.gamma / 2 * penalty
    return loss


def approximate_bfloat16_step(
    discriminator: nn.Module, real: Tensor, fake: Tensor, both: bool
) -> Tensor:
    """Return the same as `approximate_step`, under autocast."""
    with torch.autocast(real.device.type, torch.bfloat16):
        return approximate_step(discriminator, real, fake, both)


STEPS: dict[str, Callable[..., Tensor]] = {
    "exact": exact_step,
    "approximate": approximate_step,
    "approximate, one pass": approximate_joint_step,
    "approximate, bfloat16": approximate_bfloat16_step,
}


def take_step(
    step: Callable[..., Tensor],
    discriminator: nn.Module,
    optimizer: torch.optim.Optimizer,
    *inputs: object,
) -> None:
    """Take a step with its backward pass and optimizer."""
    optimizer.zero_grad()
    step(discriminator, *inputs).backward()
    optimizer.step()


def run(bench: Bench) -> None:
    """Compare the steps of frames and of clips, with R1 alone and with R2 too."""
    torch.manual_seed(0)
    options = {"base_channels": bench.size(32, 2), "norm": "instance"}
    side, (length, small) = bench.size(128, 32), bench.size((8, 64), (4, 32))
    cases = {
        f"2 frames of {side}x{side}": (multiscale_discriminator(3, **options), (2, 3, side, side)),
        f"2 clips of {length} frames of {small}x{small}, 3-D": (
            multiscale_discriminator_3d(3, **options),
            (2, length, 3, small, small),
        ),
    }
    for case, (network, shape) in cases.items():
        discriminator = network.to(bench.device)
        optimizer = torch.optim.Adam(discriminator.parameters(), lr=1e-5)
        real, fake = (torch.rand(shape, device=bench.device) * 2 - 1 for _ in range(2))
        for both in (False, True):
            calls = {
                name: partial(take_step, step, discriminator, optimizer, real, fake, both)
                for name, step in STEPS.items()
            }
            bench.compare(f"{case}, {'R1 and R2' if both else 'R1'}", calls, flop=False)
