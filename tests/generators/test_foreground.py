"""The foreground hallucination network."""

from __future__ import annotations

import torch

from tests.assertions import assert_gradients, rand
from tests.networks import assert_module_compiles
from vidgan.generators import Decoder, Encoder, ForegroundHallucinator, ImageBranch, ImageHead


def tiny_foreground() -> ForegroundHallucinator:
    encoder = Encoder(3, 2, num_downsamplings=1, num_blocks=0, norm="instance")
    trunk = Decoder(2, num_upsamplings=1, num_blocks=1, norm="instance")
    return ForegroundHallucinator(encoder, ImageBranch(trunk, ImageHead(2)))


def test_is_encoder_then_branch() -> None:
    foreground, maps = tiny_foreground(), rand(2, 3, 4, 6)

    out = foreground(maps)

    assert out.shape == (2, 3, 4, 6)
    torch.testing.assert_close(out, foreground.branch(foreground.encoder(maps)))


def test_gradients() -> None:
    assert_gradients(tiny_foreground().double(), rand(1, 3, 4, 6))


def test_compiles() -> None:
    assert_module_compiles(tiny_foreground(), rand(2, 3, 4, 6))
