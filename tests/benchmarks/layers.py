"""Single fast paths beside torch's own layers, both channels-last."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from tests.benchmarks.measuring import Bench, Call
from tests.benchmarks.plain import plain_network
from tests.benchmarks.street import CHANNELS, CLASSES, check, street_clip
from vidgan.layers import OneHotConv2d, ReflectConv2d, make_norm


def compare(bench: Bench, name: str, layer: nn.Module, x: Tensor) -> None:
    """Time a layer without gradients, and with its backward pass."""
    holder = nn.Sequential(layer).to(bench.device, memory_format=torch.channels_last)
    plain = plain_network(holder).to(memory_format=torch.channels_last)
    x = x.to(bench.device, memory_format=torch.channels_last)
    inputs = x.clone(memory_format=torch.preserve_format)
    inputs.requires_grad_(not isinstance(layer, OneHotConv2d))
    gradient = torch.rand_like(holder(x).detach())
    check(name, [holder(x)], [plain(x)], 1e-5)

    def forward(network: nn.Module) -> Call:
        return lambda: torch.no_grad()(network)(x)

    def backward(network: nn.Module) -> Call:
        leaves = [*network.parameters(), *([inputs] if inputs.requires_grad else [])]

        def call() -> None:
            for leaf in leaves:
                leaf.grad = None
            network(inputs).backward(gradient)

        return call

    kinds: dict[str, Callable[[nn.Module], Call]] = {
        "forward": forward,
        "forward and backward": backward,
    }
    for kind, call in kinds.items():
        bench.compare(f"{name}, {kind}", {"torch": call(plain), "vidgan": call(holder)})


def run(bench: Bench) -> None:
    """Compare the layers that have a fast path."""
    torch.manual_seed(0)
    height, width = bench.size((128, 256), (16, 32))
    size = f"{width}x{height}"
    maps = street_clip((height, width), 3, torch.device("cpu")).maps.flatten(1, 2)
    stem = OneHotConv2d(3 * CHANNELS, 64, 7, num_groups=3, num_classes=CLASSES)
    compare(bench, f"first convolution, 35 classes, {size}", stem, maps)
    x = torch.rand(1, 64, height, width)
    compare(bench, f"last convolution, {size}", ReflectConv2d(64, 3, 7), x)
    wide = bench.size(512, 256)
    x = torch.rand(1, wide, height // 8 + height // 8 % 2, width // 8)
    name = f"3x3 convolution of {wide} channels, {x.shape[3]}x{x.shape[2]}"
    compare(bench, name, ReflectConv2d(wide, wide, 3), x)
    x = torch.rand(2, 64, height, width)
    norm = nn.Sequential(make_norm("instance", 64))
    compare(bench, f"instance norm, batch 2, {size}", norm, x)
