"""Stems that look one-hot maps up."""

from __future__ import annotations

import copy

import pytest
import torch

from tests.assertions import mask, rand
from tests.networks import outputs_and_gradients, tiny_generator
from vidgan.functional import one_hot_labels
from vidgan.generators import use_one_hot_stems
from vidgan.layers import OneHotConv2d
from vidgan.models import coarse_to_fine_generator


@pytest.mark.parametrize("foreground", [False, True])
def test_outputs_and_gradients_stay(foreground: bool) -> None:
    generator = tiny_generator(5, foreground=foreground).double()
    labels = torch.randint(4, (2, 3, 1, 4, 6), generator=torch.Generator().manual_seed(0))
    conditions = torch.cat([one_hot_labels(labels, 4), mask(2, 3, 1, 4, 6)], 2).double()
    past = rand(2, 2, 3, 4, 6, dtype=torch.float64)
    options = {"foreground_mask": mask(2, 1, 4, 6, dtype=torch.float64)} if foreground else {}

    fast = use_one_hot_stems(copy.deepcopy(generator), 4)
    assert sum(isinstance(part, OneHotConv2d) for part in fast.modules()) == 1 + foreground
    assert fast.state_dict().keys() == generator.state_dict().keys()

    def run(module: torch.nn.Module) -> list[torch.Tensor | None]:
        module.zero_grad()
        out = module(conditions, past, **options)
        (out.frame.square().sum() + out.flow.square().sum()).backward()
        return [*out[:5], *(weight.grad for weight in module.parameters())]

    torch.testing.assert_close(run(fast), run(generator), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(
        outputs_and_gradients(fast, (conditions, past), options),
        outputs_and_gradients(generator, (conditions, past), options),
    )


def test_every_scale_is_changed_and_nothing_is_drawn() -> None:
    generator = coarse_to_fine_generator(5, num_scales=2, base_channels=4, num_blocks=2)
    weights = [part.condition_encoder.stem.conv.weight for part in generator.generators]
    state = torch.get_rng_state()

    assert use_one_hot_stems(generator, 4) is generator

    assert torch.equal(torch.get_rng_state(), state)
    for part, weight in zip(generator.generators, weights, strict=True):
        assert isinstance(part.condition_encoder.stem.conv, OneHotConv2d)
        assert part.condition_encoder.stem.conv.weight is weight


def test_too_many_classes_raise() -> None:
    with pytest.raises(ValueError, match="in_channels must be num_groups = 3 times at least"):
        use_one_hot_stems(tiny_generator(5), 6)
