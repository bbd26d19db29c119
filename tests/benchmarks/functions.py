"""Every public function of `vidgan.functional` that has a sample, at the size of real frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812
from torch.utils._pytree import tree_leaves, tree_map

from tests.assertions import mask, rand
from tests.benchmarks.measuring import Bench, Call
from tests.contracts.registry import REGISTRY
from tests.contracts.sample import Sample

PACKAGE = "functional."
Arguments = dict[str, Any]


def blobs(height: int, width: int, count: int) -> Tensor:
    """Return a map of ``count`` instances with curved borders, (1, 1, height, width).

    Every pixel belongs to the nearest of ``count`` random points.
    """
    generator = torch.Generator().manual_seed(0)
    points = torch.rand(count, 2, generator=generator) * torch.tensor([height, width])
    y, x = torch.arange(height)[:, None], torch.arange(width)
    nearest = torch.full((height, width), float("inf"))
    instances = torch.zeros(height, width, dtype=torch.int64)
    for index, (row, column) in enumerate(points.tolist()):
        distance = (y - row) ** 2 + (x - column) ** 2
        instances[distance < nearest] = 1000 * index
        nearest = torch.minimum(nearest, distance)
    return instances[None, None]


def looped_mean(features: Tensor, instances: Tensor) -> Tensor:
    """Average one instance and one channel at a time."""
    pooled = torch.empty_like(features)
    for sample, ids, out in zip(features, instances[:, 0], pooled, strict=True):
        for instance in ids.unique():
            chosen = ids == instance
            for channel in range(features.shape[1]):
                out[channel][chosen] = sample[channel][chosen].mean()
    return pooled


def dense_conv(labels: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Convolve the one-hot maps of labels (B, G, H, W)."""
    classes = weight.shape[1] // labels.shape[1]
    numbers = torch.arange(classes, device=labels.device).view(-1, 1, 1)
    hot = (labels.unsqueeze(2) == numbers).to(weight.dtype).flatten(1, 2)
    padding = (weight.shape[-1] // 2,) * 4
    return F.conv2d(F.pad(hot, padding, mode="reflect"), weight, bias)


def compared_labels(labels: Tensor, others: Tensor) -> Tensor:
    """Compare the ids with every class, then append the other maps."""
    numbers = torch.arange(3, device=labels.device).view(-1, 1, 1)
    return torch.cat([(labels == numbers).float(), others], -3)


PLAIN: dict[str, Callable[..., Tensor]] = {
    "instance_mean": looped_mean,
    "label_conv2d": dense_conv,
    "one_hot_labels": compared_labels,
}
"""What a function replaces; results are compared first."""


def _features(b: int, h: int, w: int) -> Arguments:
    return {"features": rand(4 * w, h), "references": rand(4 * w, h, seed=1)}


def _instances(b: int, h: int, w: int) -> Arguments:
    return {
        "features": rand(b, 16, 2 * h, 2 * w),
        "instances": blobs(2 * h, 2 * w, 100).repeat(b, 1, 1, 1),
    }


def _moments(b: int, h: int, w: int) -> Arguments:
    square = rand(2 * h, 2 * h) / 16
    covariance = square @ square.T + torch.eye(2 * h)
    mean = rand(2 * h)
    return {
        "mean": mean,
        "covariance": covariance,
        "reference_mean": mean + 1,
        "reference_covariance": 2 * covariance,
    }


def _one_hot_conv(b: int, h: int, w: int) -> Arguments:
    rng = torch.Generator().manual_seed(0)
    blocks = torch.randint(35, (b, 3, h // 8, w // 8), generator=rng)
    labels = blocks.repeat_interleave(8, -2).repeat_interleave(8, -1)
    return {"labels": labels, "weight": rand(64, 3 * 35, 7, 7), "bias": rand(64, seed=1)}


def _lpips(b: int, h: int, w: int) -> Arguments:
    shapes = [(64 * 2**i, h // 2 ** (i + 1), w // 2 ** (i + 1)) for i in range(3)]
    return {
        "features": [rand(b, *shape) for shape in shapes],
        "reference_features": [rand(b, *shape, seed=1) for shape in shapes],
        "heads": [mask(shape[0]) for shape in shapes],
    }


def _warp(b: int, h: int, w: int) -> Arguments:
    return {"image": rand(b, 3, 2 * h, 2 * w), "flow": rand(b, 2, 2 * h, 2 * w, seed=1)}


def _boxes(b: int, h: int, w: int) -> Arguments:
    box = torch.tensor([[0.2 * w, 0.1 * h, 0.6 * w, 0.7 * h]])
    return {"images": rand(b, 3, h, w), "boxes": box.repeat(b, 1)}


LARGE: dict[str, Callable[[int, int, int], Arguments]] = {
    "crop_regions": _boxes,
    "flow_warp": _warp,
    "frechet_distance": _features,
    "frechet_distance_from_moments": _moments,
    "instance_features": _instances,
    "instance_mean": _instances,
    "label_conv2d": _one_hot_conv,
    "lpips_distance": _lpips,
    "polynomial_mmd": _features,
}
"""Inputs of functions whose samples have sizes of their own."""


def _gradient(target: Callable[..., Any], arguments: Arguments) -> Call | None:
    """Return a call with its backward pass; None for a function that has no gradient."""

    def leaf(value: Any) -> Any:
        floating = isinstance(value, Tensor) and value.is_floating_point()
        return value.clone().requires_grad_() if floating else value

    own = tree_map(leaf, arguments)
    leaves = [v for v in tree_leaves(own) if isinstance(v, Tensor) and v.requires_grad]

    def call() -> object:
        outputs = [v for v in tree_leaves(target(**own)) if isinstance(v, Tensor)]
        total = [v.sum() for v in outputs if v.requires_grad]
        return torch.autograd.grad(torch.stack(total).sum(), leaves, allow_unused=True)

    outputs = [v for v in tree_leaves(target(**own)) if isinstance(v, Tensor)]
    return call if any(v.requires_grad for v in outputs) else None


def time_function(bench: Bench, name: str, sample: Sample) -> None:
    """Time a function beside what it replaces, if that is known, and with its gradient."""
    batch, height, width = bench.size((1, 256, 512), (1, 16, 32))
    made = LARGE.get(name.partition(",")[0], sample.inputs)(batch, height, width)
    arguments = tree_map(lambda v: v.to(bench.device) if isinstance(v, Tensor) else v, made)
    target = sample.built()

    def forward(function: Callable[..., Any]) -> Call:
        return lambda: torch.no_grad()(function)(**arguments)

    calls = {"vidgan": forward(target)}
    plain = PLAIN.get(name)
    if plain is not None:
        torch.testing.assert_close(target(**arguments), plain(**arguments), rtol=1e-4, atol=1e-4)
        calls = {"plain": forward(plain)} | calls
    repeats = 3 if name == "instance_mean" else 9
    baseline = plain is not None
    bench.compare(PACKAGE + name, calls, repeats=repeats, baseline=baseline, flop=False)
    backward = None if "gradient" in sample.skip else _gradient(target, arguments)
    if backward is not None:
        what = f"{PACKAGE}{name}, with its gradient"
        bench.compare(what, {"vidgan": backward}, repeats=9, baseline=False, flop=False)


def run(bench: Bench) -> None:
    """Time every function of the registry: one frame of 512x256, or what it takes of it."""
    for name, sample in REGISTRY.items():
        if name.startswith(PACKAGE):
            time_function(bench, name.removeprefix(PACKAGE), sample)
