"""The generator that a configuration asks for."""

from __future__ import annotations

import pytest
import torch

from examples.vid2vid.config import ModelConfig
from examples.vid2vid.networks import build_generator, nearest_size
from vidgan.generators import CompositeGenerator, UnshuffleEncoder


def test_fast_generator_is_built_and_runs() -> None:
    model = ModelConfig(generator="fast", fast_channels=8, num_blocks=1)

    generator = build_generator(model, 3, num_classes=2)

    assert isinstance(generator, CompositeGenerator)
    assert isinstance(generator.condition_encoder, UnshuffleEncoder)
    out = generator(torch.zeros(1, 3, 3, 16, 24), torch.zeros(1, 2, 3, 16, 24))
    assert out.frame.shape == (1, 3, 16, 24)


@pytest.mark.parametrize(("flow", "least"), [(True, 12), (False, 8)])
def test_fast_generator_needs_multiples_of_four(flow: bool, least: int) -> None:
    model = ModelConfig(generator="fast", fast_channels=8, num_downsamplings=3, flow=flow)

    assert nearest_size(model, (17, 5)) == (16, least)
    generator = build_generator(model, 3)
    for side in (least - 4, least):
        clip = torch.zeros(1, 3, 3, 16, side), torch.zeros(1, 2, 3, 16, side)
        if side == least:
            assert generator(*clip).frame.shape == (1, 3, 16, side)
        else:
            with pytest.raises(ValueError, match="at least"):
                generator(*clip)


@pytest.mark.parametrize("option", [{"num_scales": 2}, {"foreground": True}])
def test_fast_generator_has_one_scale_and_no_foreground(option: dict[str, int]) -> None:
    model = ModelConfig(generator="fast", **option)

    with pytest.raises(ValueError, match="one scale and no foreground part, got num_scales"):
        build_generator(model, 3)
