"""Curves over time of videos of different lengths."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.assertions import rand
from vidgan.functional import color_drift, flicker, identity_drift
from vidgan.metrics import ColorDrift, Flicker, IdentityDrift


def embed(frames: Tensor) -> Tensor:
    return frames.mean((2, 3))


def test_means_at_each_time() -> None:
    long, short = rand(2, 4, 3, 5, 6), rand(1, 3, 3, 5, 6, seed=1)
    flickers, colors, identities = Flicker(5), ColorDrift(5), IdentityDrift(embed, 5)
    for video in (long, short):
        for metric in (flickers, colors, identities):
            metric.update(video)

    for metric, function in (
        (flickers, flicker),
        (colors, color_drift),
        (identities, lambda x: identity_drift(x.mean((3, 4)))),
    ):
        curves = [function(long), function(short)]
        early = torch.cat([curve[:, : curves[1].shape[1]] for curve in curves]).mean(0)
        expected = torch.cat((early, curves[0][:, -1].mean()[None], torch.tensor([torch.nan])))
        torch.testing.assert_close(metric.compute(), expected.double(), equal_nan=True)


def test_references() -> None:
    frames, references = rand(1, 3, 3, 5, 6), rand(1, 3, 3, 5, 6, seed=1)
    colors, identities = ColorDrift(3), IdentityDrift(embed, 3)

    colors.update(frames, references)
    identities.update(frames, references[:, 0, :, :4])

    expected = color_drift(frames, references)[0].double()
    torch.testing.assert_close(colors.compute(), expected)
    wanted = identity_drift(frames.mean((3, 4)), references[:, 0, :, :4].mean((2, 3)))[0].double()
    torch.testing.assert_close(identities.compute(), wanted)


@pytest.mark.parametrize("metric", [Flicker(2), ColorDrift(2), IdentityDrift(embed, 2)])
def test_longer_than_the_curve(metric: ColorDrift) -> None:
    with pytest.raises(ValueError, match=rf"{type(metric).__name__}: a video gives \d values"):
        metric.update(rand(1, 3, 3, 5, 6))


def test_wrong_lengths() -> None:
    with pytest.raises(ValueError, match=r"Flicker: num_frames must be at least 2, got 1"):
        Flicker(1)
    with pytest.raises(ValueError, match=r"ColorDrift: num_frames must be at least 1, got 0"):
        ColorDrift(0)
    with pytest.raises(ValueError, match=r"IdentityDrift: num_frames must be at least 1, got 0"):
        IdentityDrift(embed, 0)
