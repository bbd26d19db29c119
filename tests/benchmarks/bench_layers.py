"""Time single fast paths beside torch's own layers in the same run.

    OMP_NUM_THREADS=1 python tests/benchmarks/bench_layers.py

In turn, as in `bench_paths.py`: a ratio is the median over the pairs. Results are compared first.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parent))
from bench_paths import CLASSES, check, paired, street
from plain import plain_network

from vidgan.conditions import semantic_condition_maps
from vidgan.functional import instance_edges
from vidgan.layers import OneHotConv2d, ReflectConv2d, make_norm


def compare(name: str, layer: nn.Module, x: Tensor, pairs: int, *, channels_last: bool) -> None:
    """Time a layer without gradients, and with its backward pass."""
    holder = nn.Sequential(layer)
    plain = plain_network(holder)
    if channels_last:  # the layer alone is compared, not the memory format
        plain.to(memory_format=torch.channels_last)
        x = x.to(memory_format=torch.channels_last)
    holder.to(memory_format=torch.channels_last)
    inputs = x.clone(memory_format=torch.preserve_format).requires_grad_(
        not isinstance(layer, OneHotConv2d)
    )
    gradient = torch.rand_like(holder(x).detach())
    check(name, [holder(x)], [plain(x)], 1e-5)

    def forward(network: nn.Module) -> Callable[[], object]:
        return lambda: torch.no_grad()(network)(x)

    def backward(network: nn.Module) -> Callable[[], object]:
        leaves = [*network.parameters(), *([inputs] if inputs.requires_grad else [])]
        return lambda: torch.autograd.grad(network(inputs), leaves, gradient)

    for kind, call in (("forward", forward), ("forward and backward", backward)):
        paired(f"{name}, {kind}", {"torch": call(plain), "vidgan": call(holder)}, pairs, 0)


def old_maps(labels: Tensor) -> Tensor:
    """Compare the ids with every class, then append the edges."""
    hot = (labels.long() == torch.arange(CLASSES).view(-1, 1, 1)).float()
    return torch.cat([hot, instance_edges(labels)], -3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=15)
    pairs = parser.parse_args().pairs
    torch.manual_seed(0)
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
    maps = street(128, 256)[0].flatten(1, 2)
    stem = OneHotConv2d(maps.shape[1], 64, 7, num_groups=3, num_classes=CLASSES)
    compare("first convolution, 35 classes, 256x128", stem, maps, pairs, channels_last=True)
    x = torch.rand(1, 64, 128, 256)
    head = ReflectConv2d(64, 3, 7)
    compare("last convolution, 256x128", head, x, pairs, channels_last=True)
    block = ReflectConv2d(512, 512, 3)
    x = torch.rand(1, 512, 16, 32)
    compare("3x3 convolution of 512 channels, 32x16", block, x, pairs, channels_last=True)
    norm = make_norm("instance", 64)
    x = torch.rand(2, 64, 128, 256)
    compare("instance norm, batch 2, 256x128", nn.Sequential(norm), x, pairs, channels_last=True)
    labels = torch.randint(CLASSES, (1, 1, 64, 128)).repeat_interleave(8, -2)
    labels = labels.repeat_interleave(8, -1)

    def draw() -> Tensor:
        return semantic_condition_maps(labels, CLASSES, instances=labels)

    check("condition maps", [draw()], [old_maps(labels)], 0.0)
    paired(
        "condition maps, 1024x512", {"torch": lambda: old_maps(labels), "vidgan": draw}, pairs, 0
    )


if __name__ == "__main__":
    main()
