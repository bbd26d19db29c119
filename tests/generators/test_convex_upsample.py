"""Upsampling by predicted weights."""

from __future__ import annotations

import torch

from tests.assertions import rand
from vidgan.functional import convex_upsample
from vidgan.generators import ConvexUpsample


def test_weights_come_from_the_features() -> None:
    module, values, features = ConvexUpsample(5, 2), rand(1, 2, 3, 4), rand(1, 5, 3, 4)

    expected = convex_upsample(values, 0.25 * module.conv(features), 2)

    assert torch.equal(module(values, features), expected)
