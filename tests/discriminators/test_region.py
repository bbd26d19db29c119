"""The discriminator of a region."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.assertions import rand
from vidgan.discriminators import RegionDiscriminator
from vidgan.functional import crop_regions
from vidgan.models import multiscale_discriminator

BOXES = torch.tensor([[2.0, 3.0, 9.0, 10.0], [4.0, 1.0, 20.0, 14.0]])


def test_judges_the_crops_of_conditions_and_frames() -> None:
    network = multiscale_discriminator(5, base_channels=2, norm="none").eval()
    maps, frames = rand(2, 2, 20, 30), rand(2, 3, 20, 30, seed=1)

    outputs = RegionDiscriminator(network, (16, 24))(maps, frames, BOXES)

    want = network(crop_regions(torch.cat([maps, frames], 1), BOXES, (16, 24)))
    for got, expected in zip(outputs, want, strict=True):
        assert torch.equal(got.logits, expected.logits)


def test_gradient_stays_in_the_box() -> None:
    network = multiscale_discriminator(5, base_channels=2, norm="none")
    frames = rand(1, 3, 20, 30).requires_grad_()

    outputs = RegionDiscriminator(network, (8, 8))(rand(1, 2, 20, 30), frames, BOXES[:1])
    outputs[0].logits.sum().backward()

    inside = torch.zeros(20, 30, dtype=torch.bool)
    inside[3:11, 2:10] = True
    assert bool(frames.grad[..., inside].any())
    assert not bool(frames.grad[..., ~inside].any())


def test_no_region_gives_nothing() -> None:
    region = RegionDiscriminator(nn.Identity())
    assert region(rand(2, 2, 8, 9), rand(2, 3, 8, 9), BOXES * torch.nan) == ()


def test_sizes_that_differ_raise() -> None:
    region = RegionDiscriminator(nn.Identity())
    for shape in ((1, 3, 8, 9), (2, 3, 7, 9), (2, 3, 8, 8)):
        with pytest.raises(ValueError, match="frames must have the batch and size of conditions"):
            region(rand(2, 2, 8, 9), torch.zeros(shape), BOXES)
