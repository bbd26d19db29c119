"""Time a discriminator's step with exact and with finite-difference penalties, in turns.

    python tests/benchmarks/bench_penalties.py --threads 1

A step: real and generated clips, the hinge loss, the penalty, the backward pass, the optimizer.
Exact penalties are computed in float32, outside autocast, as `gradient_penalty_r1` asks;
approximate ones in float32, also in one pass of all samples, and under bfloat16 autocast. Steps of
all kinds alternate, so that other programs slow them down alike. Nothing is asserted: timings
belong into docs/performance.md with the name of the device.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

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


def seconds(
    step: Callable[..., Tensor],
    discriminator: nn.Module,
    optimizer: torch.optim.Optimizer,
    *inputs: object,
) -> float:
    """Return the time of one step with its backward pass and optimizer."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    start = time.perf_counter()
    optimizer.zero_grad()
    step(discriminator, *inputs).backward()
    optimizer.step()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--turns", type=int, default=15, help="steps of each kind")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor() or "CPU"
    print(f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}")

    options = {"base_channels": 32, "norm": "instance"}
    cases = {
        "2-D, 2 frames 128x128": (multiscale_discriminator(3, **options), (2, 3, 128, 128)),
        "3-D, 2 clips 8x64x64": (multiscale_discriminator_3d(3, **options), (2, 8, 3, 64, 64)),
    }
    for case, (network, shape) in cases.items():
        discriminator = network.to(device)
        optimizer = torch.optim.Adam(discriminator.parameters(), lr=1e-5)
        real, fake = (torch.rand(shape, device=device) * 2 - 1 for _ in range(2))
        for both in (False, True):
            steps = (
                exact_step,
                approximate_step,
                approximate_joint_step,
                approximate_bfloat16_step,
            )
            times: dict[Callable[..., Tensor], list[float]] = {step: [] for step in steps}
            for turn in range(args.turns + 2):
                for step, values in times.items():
                    value = seconds(step, discriminator, optimizer, real, fake, both)
                    if turn >= 2:  # two turns to warm up
                        values.append(value)
            print(f"{case}, {'R1 and R2' if both else 'R1'}:")
            for step, values in times.items():
                median = 1000 * statistics.median(values)
                pairs = zip(values, times[exact_step], strict=True)
                ratio = statistics.median(a / b for a, b in pairs)
                print(f"  {step.__name__}: {median:.0f} ms, {ratio:.2f} of exact in its turn")


if __name__ == "__main__":
    main()
