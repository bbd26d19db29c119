"""Upsampling by predicted weights."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from tests.assertions import rand
from vidgan.functional import convex_upsample
from vidgan.generators import ConvexUpsample
from vidgan.models import fast_generator


def test_weights_come_from_the_features() -> None:
    module, values, features = ConvexUpsample(5, 2), rand(1, 2, 3, 4), rand(1, 5, 3, 4)

    expected = convex_upsample(values, 0.25 * module.conv(features), 2)

    assert torch.equal(module(values, features), expected)


@pytest.mark.parametrize("factor", [2, 4])
def test_starts_near_bilinear_upsampling(factor: int) -> None:
    """Equal weights would make blocks of the factor's size."""
    upsample, x = ConvexUpsample(5, factor), rand(2, 3, 6, 7)
    features = 1e-3 * rand(2, 5, 6, 7, seed=1)

    got = upsample(x, features)

    want = F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)
    assert (got - want).abs().max() < 0.04 * (x.max() - x.min())


def test_the_fast_generator_keeps_it() -> None:
    generator = fast_generator(2, base_channels=8, num_blocks=1, num_branch_blocks=1)

    biases = [m.conv.bias for m in generator.modules() if isinstance(m, ConvexUpsample)]

    assert len(biases) == 2
    assert all(torch.equal(bias, ConvexUpsample(8).conv.bias) for bias in biases)
