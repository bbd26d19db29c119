"""What all metrics promise: halves merge to the whole, also over processes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor, nn

from tests.assertions import rand
from vidgan.metrics import (
    PSNR,
    SSIM,
    TLP,
    TOF,
    ColorDrift,
    Flicker,
    FrechetDistance,
    IdentityDrift,
    KernelDistance,
    NamedExtractor,
    PerceptualDistance,
    WarpingError,
)
from vidgan.outputs import FlowEstimate


class Means(nn.Module):
    def forward(self, samples: Tensor) -> Tensor:
        return samples.mean((-2, -1)).flatten(1)[:, :3]


def distance(x: Tensor, y: Tensor) -> Tensor:
    return (x - y).abs().mean((1, 2, 3))


def change(current: Tensor, previous: Tensor) -> FlowEstimate:
    flow = current[:, :2] - previous[:, :2]
    return FlowEstimate(flow, torch.ones_like(flow[:, :1]))


def extractor() -> NamedExtractor:
    return NamedExtractor(Means(), name="means", layer="channels", num_features=3)


BUILD: dict[str, Callable[[], Any]] = {
    "FrechetDistance": lambda: FrechetDistance(extractor()),
    "KernelDistance": lambda: KernelDistance(extractor()),
    "PSNR": PSNR,
    "SSIM": SSIM,
    "PerceptualDistance": lambda: PerceptualDistance(distance),
    "WarpingError": lambda: WarpingError(change),
    "TOF": lambda: TOF(change),
    "TLP": lambda: TLP(distance),
    "Flicker": lambda: Flicker(5),
    "ColorDrift": lambda: ColorDrift(5),
    "IdentityDrift": lambda: IdentityDrift(Means(), 5),
}
SAMPLED = ("FrechetDistance", "KernelDistance")
ALONE = ("Flicker", "ColorDrift", "IdentityDrift")


def videos(part: slice) -> tuple[Tensor, Tensor]:
    return rand(7, 4, 3, 16, 18)[part], rand(7, 4, 3, 16, 18, seed=1)[part]


def update(metric: Any, name: str, part: slice) -> None:
    fake, real = videos(part)
    if name in SAMPLED:
        metric.update(fake, real=False)
        metric.update(real, real=True)
    elif name in ALONE:
        metric.update(fake)
    else:
        metric.update(fake, real)


def value_of(name: str, *parts: slice) -> Tensor:
    metric = BUILD[name]()
    for part in parts:
        update(metric, name, part)
    return metric.compute()


@pytest.mark.parametrize("name", BUILD)
def test_halves_merge_to_the_whole(name: str) -> None:
    whole = value_of(name, slice(0, 7))
    first, second = BUILD[name](), BUILD[name]()
    update(first, name, slice(0, 4))
    update(second, name, slice(4, 7))

    first.merge_state(second)

    assert whole.dtype == torch.float64
    torch.testing.assert_close(first.compute(), whole, rtol=1e-6, atol=1e-9, equal_nan=True)
    batches = value_of(name, slice(0, 4), slice(4, 7))
    torch.testing.assert_close(batches, whole, rtol=1e-6, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("name", BUILD)
def test_reset_forgets(name: str) -> None:
    metric = BUILD[name]()
    update(metric, name, slice(0, 2))
    metric.reset()
    update(metric, name, slice(2, 7))

    torch.testing.assert_close(metric.compute(), value_of(name, slice(2, 7)), equal_nan=True)


def _one_process(rank: int, folder: str) -> None:
    dist.init_process_group("gloo", f"file://{folder}/rendezvous", rank=rank, world_size=2)
    parts = (slice(0, 4), slice(4, 7))
    values = {name: value_of(name, parts[rank]) for name in BUILD}  # compute() merges
    torch.save(values, Path(folder) / f"{rank}.pt")
    dist.destroy_process_group()


@pytest.mark.slow
def test_processes_merge_to_the_whole(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mp.spawn(_one_process, (str(tmp_path),), nprocs=2)

    for rank in range(2):
        values = torch.load(tmp_path / f"{rank}.pt")
        for name in BUILD:
            whole = value_of(name, slice(0, 7))
            torch.testing.assert_close(
                values[name], whole, rtol=1e-6, atol=1e-9, equal_nan=True, msg=name
            )
