"""Charbonnier, wavelet and ping-pong losses."""

from __future__ import annotations

import pytest
import torch

from tests.assertions import assert_compiles, assert_gradients, rand
from vidgan.functional import charbonnier, haar_wavelet_3d, ping_pong, wavelet_l1


def test_charbonnier_by_hand() -> None:
    value = charbonnier(torch.tensor([3.0, 0.0]), torch.tensor([0.0, 0.0]), eps=4.0)
    assert value.item() == (5 + 4) / 2
    far = charbonnier(1000 * rand(50), torch.zeros(50))
    assert far.item() == pytest.approx((1000 * rand(50)).abs().mean().item(), rel=1e-4)


def test_haar_of_one_block_by_hand() -> None:
    # Each band is the sum of the 8 values with the signs of its high axes, over 2 sqrt(2).
    block = torch.arange(8.0).view(1, 2, 1, 2, 2)
    times, rows, columns = 4.0, 2.0, 1.0  # step of the value along each axis
    bands = haar_wavelet_3d(block).flatten() * 8**0.5
    assert bands.tolist() == pytest.approx(
        [28, -4 * columns, -4 * rows, 0, -4 * times, 0, 0, 0], abs=1e-5
    )


def test_haar_is_orthonormal_and_has_its_shape() -> None:
    video = rand(2, 6, 3, 8, 10)
    bands = haar_wavelet_3d(video)
    assert bands.shape == (2, 8, 3, 3, 4, 5)
    torch.testing.assert_close(bands.square().sum(), video.square().sum())


def test_odd_sizes_repeat_the_first() -> None:
    video = rand(1, 3, 1, 5, 4)
    padded = torch.cat([video[:, :1], video], 1)
    padded = torch.cat([padded[..., :1, :], padded], 3)
    assert torch.equal(haar_wavelet_3d(video), haar_wavelet_3d(padded))


def test_wavelet_levels_go_on_with_the_lowest_band() -> None:
    fake, real = rand(1, 4, 2, 8, 8), rand(1, 4, 2, 8, 8, seed=1)
    bands = [haar_wavelet_3d(video) for video in (fake, real)]
    second = wavelet_l1(bands[0][:, 0], bands[1][:, 0])
    expected = (bands[0] - bands[1]).abs().mean() + second
    torch.testing.assert_close(wavelet_l1(fake, real, levels=2), expected)


def test_ping_pong_is_zero_for_a_rollout_that_returns() -> None:
    there = rand(2, 4, 3, 5, 6)
    back = there.flip(1)[:, 1:]
    assert ping_pong(torch.cat([there, back], 1)).item() == 0
    moved = torch.cat([there, back + 0.25], 1)
    assert ping_pong(moved).item() == pytest.approx(0.25)


@pytest.mark.parametrize("length", [1, 2, 4])
def test_ping_pong_needs_an_odd_number(length: int) -> None:
    with pytest.raises(ValueError, match=f"2T - 1 frames with T at least 2, got {length}"):
        ping_pong(rand(1, length, 3, 4, 4))


def test_gradients_and_compilation() -> None:
    fake, real = rand(1, 3, 1, 4, 5), rand(1, 3, 1, 4, 5, seed=1)
    for function in (charbonnier, wavelet_l1):
        assert_compiles(function, fake, real)
        assert_gradients(function, fake, real)
        assert function(fake.half(), real.half()).dtype == torch.float32
    assert_compiles(ping_pong, fake)
    assert_gradients(ping_pong, fake)


def test_shapes_differ() -> None:
    for function in (charbonnier, wavelet_l1):
        with pytest.raises(ValueError, match="must have shape"):
            function(rand(1, 2, 1, 4, 4), rand(1, 2, 1, 4, 6))
