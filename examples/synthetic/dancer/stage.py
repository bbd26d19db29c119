"""The stage behind the dancer: a wallpapered wall with pictures, and a floor of boards."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_WAVES = 24


def stage(size: tuple[int, int], floor: float, *, seed: int = 0) -> Tensor:
    """Render the background.

    Args:
        size: (H, W).
        floor: y of the floor below the dancer, as a fraction of H.
        seed: seed of its colors and textures.

    Returns:
        float64 (3, H, W), RGB in [0, 1].
    """
    generator = torch.Generator().manual_seed(seed + 1)
    height, width = size
    y = torch.arange(height, dtype=torch.float64)[:, None] / height
    x = torch.arange(width, dtype=torch.float64)[None] / height
    tint, boards = torch.rand(2, 3, generator=generator, dtype=torch.float64)
    edge = floor - 0.17
    wall = 0.55 + 0.25 * (tint - 0.5)[:, None, None] + 0.08 * _noise(size, generator)
    paper = torch.sin(2 * math.pi * x / 0.11) * torch.sin(2 * math.pi * y / 0.16)
    wall = wall + 0.07 * paper
    wall = _pictures(wall, x, y, generator)
    near = ((y - edge) / (1 - edge)).clamp(0, 1)
    columns = (x - width / height / 2) / (0.35 + 0.65 * near)
    gaps = torch.exp(-((torch.sin(math.pi * columns / 0.16) / 0.12) ** 2))
    wood = torch.tensor([0.55, 0.4, 0.26], dtype=torch.float64) + 0.12 * (boards - 0.5)
    floor_color = wood[:, None, None] * (0.8 + 0.3 * near) * (1 - 0.5 * gaps)
    floor_color = floor_color + 0.05 * _noise(size, generator)
    share = torch.sigmoid((y - edge) * height * 2).expand(height, width)
    return (wall + (floor_color - wall) * share).clamp(0, 1)


def _pictures(wall: Tensor, x: Tensor, y: Tensor, generator: torch.Generator) -> Tensor:
    """Paint framed pictures on both sides."""
    width = float(x[0, -1])
    for side in (0.13, 0.87):
        colors = torch.rand(2, 3, 1, 1, generator=generator, dtype=torch.float64)
        inside = torch.maximum((x - side * width).abs() / 0.1, (y - 0.3).abs() / 0.14)
        picture = colors[0] + (colors[1] - colors[0]) * (0.5 + 0.5 * torch.sin(30 * (x + y)))
        wall = torch.where(inside < 1, torch.where(inside < 0.85, picture, 0.15), wall)
    return wall


def _noise(size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Sum waves of many directions and wavelengths, about -1 to 1, (3, H, W)."""
    height, width = size
    y = torch.arange(height, dtype=torch.float64)[:, None] / height
    x = torch.arange(width, dtype=torch.float64)[None] / height
    total = torch.zeros(3, height, width, dtype=torch.float64)
    for _ in range(_WAVES):
        drawn = torch.rand(6, generator=generator, dtype=torch.float64)
        angle, length = 2 * math.pi * drawn[0], 0.05 + 0.3 * drawn[1]
        way = (x * torch.cos(angle) + y * torch.sin(angle)) / length
        total += (drawn[3:] - 0.3)[:, None, None] * torch.sin(2 * math.pi * (way + drawn[2]))
    return total / total.abs().max()
