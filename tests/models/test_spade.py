"""Weights that are generated from references: the generator learns to look at them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import l1_loss, mse_loss, one_hot

from vidgan.generators import SpadeGenerator
from vidgan.models import spade_generator

REFERENCES, HEIGHT, WIDTH = 2, 16, 24


def scenes(number: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Label maps (B, K + 2, 2, H, W) of a stripe on gray; its color is that of the scene."""
    ends = torch.rand(number, REFERENCES + 2, 2, 1, generator=random).sort(2).values * 0.8 + 0.1
    x = torch.arange(WIDTH) / WIDTH
    stripe = ((x > ends[:, :, 0]) & (x < ends[:, :, 1])).long()  # (B, K + 2, W)
    maps = one_hot(stripe, 2).float().movedim(-1, 2)[:, :, :, None].expand(-1, -1, -1, HEIGHT, -1)
    colors = torch.rand(number, 1, 3, 1, 1, generator=random) * 1.6 - 0.8
    return maps, maps[:, :, 1:] * colors


def generate(generator: SpadeGenerator, maps: Tensor, references: Tensor) -> Tensor:
    """The last frame, without a past: no color is known but from the references."""
    past = references.new_zeros(len(maps), 1, 3, HEIGHT, WIDTH)
    given = {"references": references, "reference_conditions": maps[:, :REFERENCES]}
    out = generator(maps[:, REFERENCES:], past, hallucinate_only=True, **given)
    return out.frame


def train(seed: int, steps: int) -> tuple[float, float, float]:
    """Errors of new scenes: before, after, and with the references of another scene."""
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    sizes = {"base_channels": 8, "num_downsamplings": 2, "num_blocks": 2, "hidden_channels": 16}
    generator = spade_generator(2, **sizes, few_shot=True)
    optimizer = torch.optim.Adam(generator.parameters(), 2e-3, betas=(0.5, 0.99))
    maps, frames = scenes(64, torch.Generator().manual_seed(100))

    @torch.no_grad()
    def error(order: Tensor) -> float:
        generated = generate(generator, maps, frames[order, :REFERENCES])
        return float(l1_loss(generated, frames[:, -1]))

    own = torch.arange(64)
    before = error(own)
    for _ in range(steps):
        new_maps, new_frames = scenes(4, random)
        generated = generate(generator, new_maps, new_frames[:, :REFERENCES])
        loss = mse_loss(generated, new_frames[:, -1])  # L1 would stay at gray, the median, for long
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return before, error(own), error(own.roll(1))


@pytest.mark.slow
def test_it_learns_to_take_the_colors_of_its_references() -> None:
    before, after, others = train(seed=0, steps=300)
    assert after < 0.6 * before
    assert after < 0.6 * others


if __name__ == "__main__":  # the figures in docs/guides/spade.md
    for seed in range(3):
        print(f"seed {seed}: {'  '.join(f'{error:.3f}' for error in train(seed, steps=1000))}")
