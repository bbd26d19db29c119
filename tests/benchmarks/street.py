"""The street preset's networks and data, and the same in the plain way."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from tests.benchmarks.plain import plain_network
from vidgan.conditions import semantic_condition_maps
from vidgan.generators import use_one_hot_stems
from vidgan.models import coarse_to_fine_generator, composite_generator, multiscale_discriminator
from vidgan.rollout import RolloutState

CLASSES = 35
CHANNELS = CLASSES + 1  # and the edges of instances


class Clip(NamedTuple):
    """Conditions, frames and foreground masks (B, T, ..., H, W) of blocks of labels."""

    maps: Tensor
    frames: Tensor
    masks: Tensor

    def state(self) -> RolloutState:
        """Return the state before the third frame."""
        return RolloutState(self.frames[:, :2], self.maps[:, :2])


def street_clip(
    size: tuple[int, int], length: int, device: torch.device, *, batch: int = 1
) -> Clip:
    """Draw a clip whose label maps are blocks of 8x8 pixels."""
    rng = torch.Generator().manual_seed(0)
    height, width = size
    blocks = torch.randint(CLASSES, (batch, length, 1, height // 8, width // 8), generator=rng)
    labels = blocks.repeat_interleave(8, -2).repeat_interleave(8, -1)
    maps = semantic_condition_maps(labels, CLASSES, instances=labels)
    frames = torch.rand(batch, length, 3, height, width, generator=rng) * 2 - 1
    return Clip(maps.to(device), frames.to(device), (labels < 5).float().to(device))


def street_generator(
    channels: int, device: torch.device, *, num_scales: int = 1, norm: str = "batch"
) -> nn.Module:
    """Build the generator with a foreground part, whose class maps are looked up."""
    options: dict[str, Any] = {"base_channels": channels, "foreground": True, "norm": norm}
    generator: nn.Module
    if num_scales == 1:
        generator = composite_generator(CHANNELS, **options)
    else:
        generator = coarse_to_fine_generator(CHANNELS, num_scales=num_scales, **options)
    use_one_hot_stems(generator, CLASSES)
    return generator.to(device, memory_format=torch.channels_last)


class Street:
    """Generator, D_I and two D_V, as vidgan runs them and in the plain way.

    Args:
        channels: width of the generator.
        device: of all.
        num_scales: of the generator.
        plain: whether to copy the networks into plain ones, too.
    """

    def __init__(
        self, channels: int, device: torch.device, *, num_scales: int = 1, plain: bool = True
    ) -> None:
        torch.manual_seed(0)
        generator = street_generator(channels, device, num_scales=num_scales)
        sizes = ((CHANNELS + 3, 2), (13, 2), (13, 2))  # D_V: three frames and their two flows
        width = min(64, channels)
        discriminators = [
            multiscale_discriminator(inputs, num_scales=scales, base_channels=width, norm="batch")
            for inputs, scales in sizes
        ]
        self.fast = [generator, *discriminators]
        for network in discriminators:
            network.to(device, memory_format=torch.channels_last)
        self.plain = [plain_network(network) for network in self.fast] if plain else []


def autocast(device: torch.device, dtype: torch.dtype) -> torch.autocast:
    """Return a context manager: autocast to bfloat16, or none."""
    return torch.autocast(device.type, torch.bfloat16, enabled=dtype == torch.bfloat16)


def check(name: str, got: Any, want: Any, tolerance: float) -> None:
    """Raise unless two paths return the same numbers."""
    for ours, theirs in zip(got, want, strict=True):
        largest = float(theirs.detach().abs().max())
        torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance * largest)
    print(f"{name}: the baseline returns the same numbers (within {tolerance:g})", flush=True)
