"""The flow-conditioned video discriminator."""

from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor, nn

from tests.assertions import rand
from tests.networks import assert_module_compiles
from vidgan.discriminators import PatchDiscriminator, VideoDiscriminator
from vidgan.models import multiscale_discriminator


class Seen(nn.Module):
    """Returns what it is given."""

    def forward(self, x: Tensor) -> Tensor:
        return x


@pytest.mark.parametrize("num_frames", [2, 3, 4])
@pytest.mark.parametrize("channels", [1, 3])
def test_frames_then_flows_oldest_first(num_frames: int, channels: int) -> None:
    frames = rand(2, num_frames, channels, 4, 6)
    flows = 9 * rand(2, num_frames - 1, 2, 4, 6, seed=1)

    stacked = VideoDiscriminator(Seen(), num_frames=num_frames)(frames, flows)

    expected = [frames[:, k, c] for k in range(num_frames) for c in range(channels)]
    expected += [flows[:, k, c] / 20 for k in range(num_frames - 1) for c in range(2)]
    torch.testing.assert_close(stacked, torch.stack(expected, 1))


def test_flow_scale() -> None:
    frames, flows = rand(1, 2, 3, 4, 6), torch.full((1, 1, 2, 4, 6), 40.0)

    by_20 = VideoDiscriminator(Seen(), num_frames=2)(frames, flows)
    by_5 = VideoDiscriminator(Seen(), num_frames=2, flow_scale=5)(frames, flows)

    assert by_20[:, -2:].unique().tolist() == [2.0]
    assert by_5[:, -2:].unique().tolist() == [8.0]


def test_without_flows() -> None:
    frames = rand(2, 3, 3, 4, 6)

    assert torch.equal(VideoDiscriminator(Seen())(frames), frames.flatten(1, 2))


def test_returns_every_scale() -> None:
    network = multiscale_discriminator(3 * 3 + 2 * 2, base_channels=2, num_scales=2).eval()
    frames, flows = rand(2, 3, 3, 17, 30), rand(2, 2, 2, 17, 30, seed=1)

    outputs = VideoDiscriminator(network)(frames, flows)

    stacked = torch.cat([frames.flatten(1, 2), flows.flatten(1, 2) / 20], 1)
    torch.testing.assert_close(outputs, network(stacked))


def test_compiles() -> None:
    network = multiscale_discriminator(13, base_channels=2, num_layers=1)

    assert_module_compiles(
        VideoDiscriminator(network), rand(2, 3, 3, 8, 12), rand(2, 2, 2, 8, 12, seed=1)
    )


@pytest.mark.parametrize("num_frames", [2, 4])
def test_wrong_number_of_frames_raises(num_frames: int) -> None:
    rule = (
        r"VideoDiscriminator: frames must have shape \(B, 3, C, H, W\), "
        rf"got \(2, {num_frames}, 3, 4, 6\)"
    )
    with pytest.raises(ValueError, match=rule):
        VideoDiscriminator(Seen())(rand(2, num_frames, 3, 4, 6))


@pytest.mark.parametrize("axis", [0, 1, 2, 3, 4])
def test_each_axis_of_flows_alone(axis: int) -> None:
    shape = [2, 2, 2, 4, 6]
    shape[axis] += 1
    rule = (
        r"VideoDiscriminator: flows must have shape \(2, 2, 2, 4, 6\) as in frames, got "
        + re.escape(str(tuple(shape)))
    )

    with pytest.raises(ValueError, match=rule):
        VideoDiscriminator(Seen())(rand(2, 3, 3, 4, 6), torch.zeros(shape))


def test_no_group_raises() -> None:
    with pytest.raises(ValueError, match="VideoDiscriminator: frames must hold at least one group"):
        VideoDiscriminator(Seen())(torch.zeros(0, 3, 3, 4, 6), torch.zeros(0, 2, 2, 4, 6))


def test_missing_flows_raise() -> None:
    network = VideoDiscriminator(PatchDiscriminator(13, 2))
    with pytest.raises(ValueError, match=r"must have shape \(B, 13, H, W\), got \(2, 9, 8, 12\)"):
        network(rand(2, 3, 3, 8, 12))


def test_whole_numbers_raise() -> None:
    frames, flows = rand(2, 3, 3, 4, 6), rand(2, 2, 2, 4, 6)
    with pytest.raises(TypeError, match="frames must be a floating-point tensor"):
        VideoDiscriminator(Seen())(frames.long(), flows)
    with pytest.raises(TypeError, match="flows must be a floating-point tensor"):
        VideoDiscriminator(Seen())(frames, flows.long())


def test_single_frame_raises() -> None:
    with pytest.raises(
        ValueError, match="VideoDiscriminator: num_frames must be at least 2, got 1"
    ):
        VideoDiscriminator(Seen(), num_frames=1)
