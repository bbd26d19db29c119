"""The conditional image discriminator."""

from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor, nn

from tests.assertions import rand
from tests.networks import assert_module_compiles
from vidgan.discriminators import ImageDiscriminator, PatchDiscriminator
from vidgan.models import multiscale_discriminator


class Seen(nn.Module):
    """Returns what it is given."""

    def forward(self, x: Tensor) -> Tensor:
        return x


@pytest.mark.parametrize("condition_channels", [1, 3, 24])
@pytest.mark.parametrize("image_channels", [1, 3])
def test_conditions_come_before_the_frame(condition_channels: int, image_channels: int) -> None:
    maps, frames = rand(2, condition_channels, 4, 6), rand(2, image_channels, 4, 6, seed=1)

    stacked = ImageDiscriminator(Seen())(maps, frames)

    assert torch.equal(stacked[:, :condition_channels], maps)
    assert torch.equal(stacked[:, condition_channels:], frames)


def test_returns_every_scale() -> None:
    network = multiscale_discriminator(5, base_channels=2, num_scales=3)
    maps, frames = rand(2, 2, 17, 30), rand(2, 3, 17, 30, seed=1)

    outputs = ImageDiscriminator(network.eval())(maps, frames)

    torch.testing.assert_close(outputs, network(torch.cat([maps, frames], 1)))


def test_compiles() -> None:
    network = multiscale_discriminator(5, base_channels=2, num_layers=1)

    assert_module_compiles(ImageDiscriminator(network), rand(2, 2, 8, 12), rand(2, 3, 8, 12))


@pytest.mark.parametrize("axis", [0, 2, 3])
def test_each_axis_of_conditions_alone(axis: int) -> None:
    shape = [2, 5, 4, 6]
    shape[axis] += 1
    rule = r"ImageDiscriminator: conditions must have shape \(2, C, 4, 6\) as in frames, got "

    with pytest.raises(ValueError, match=rule + re.escape(str(tuple(shape)))):
        ImageDiscriminator(Seen())(torch.zeros(shape), rand(2, 3, 4, 6))


def test_video_raises() -> None:
    rule = r"ImageDiscriminator: frames must have shape \(B, C, H, W\), got \(1, 2, 3, 4, 6\)"
    with pytest.raises(ValueError, match=rule):
        ImageDiscriminator(Seen())(rand(1, 2, 4, 6), rand(1, 2, 3, 4, 6))


def test_channels_that_do_not_add_up_raise() -> None:
    network = ImageDiscriminator(PatchDiscriminator(7, 2))
    with pytest.raises(ValueError, match=r"must have shape \(B, 7, H, W\), got \(2, 5, 8, 12\)"):
        network(rand(2, 2, 8, 12), rand(2, 3, 8, 12))


def test_whole_numbers_raise() -> None:
    maps, frames = rand(2, 2, 4, 6), rand(2, 3, 4, 6)
    with pytest.raises(TypeError, match="conditions must be a floating-point tensor"):
        ImageDiscriminator(Seen())(maps.long(), frames)
    with pytest.raises(TypeError, match="frames must be a floating-point tensor"):
        ImageDiscriminator(Seen())(maps, frames.long())
