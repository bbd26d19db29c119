"""Drifts against hand numbers."""

from __future__ import annotations

import pytest
import torch

from tests.assertions import assert_compiles, assert_gradients, rand
from vidgan.functional import color_drift, identity_drift


class TestColorDrift:
    def test_of_means_and_deviations_by_hand(self) -> None:
        frames = torch.zeros(1, 3, 3, 2, 4)
        frames[0, 1, 0] = 0.6  # the mean of one channel moves by 0.3 of the range
        frames[0, 2, 1, :, :2], frames[0, 2, 1, :, 2:] = 0.8, -0.8  # a deviation of 0.4

        expected = torch.tensor([[0, 0.3, 0.4]])
        torch.testing.assert_close(color_drift(frames), expected, rtol=1e-4, atol=1e-6)

    def test_against_references(self) -> None:
        frames = rand(2, 3, 3, 4, 5)

        assert color_drift(frames, frames).max() == 0
        shifted = color_drift(frames + 0.2, frames)
        torch.testing.assert_close(shifted, torch.full((2, 3), 0.1 * 3**0.5))

    def test_a_moving_picture_does_not_drift(self) -> None:
        frames = torch.stack([rand(1, 3, 4, 6).roll(t, 3) for t in range(3)], 1)

        assert color_drift(frames).max() < 1e-6

    def test_gradients_and_compilation(self) -> None:
        frames = rand(1, 3, 3, 2, 4, dtype=torch.float64)
        assert_gradients(lambda x: color_drift(x)[:, 1:], frames)
        assert_compiles(color_drift, frames.float(), frames.flip(1).float())

    def test_bad_input(self) -> None:
        frames = rand(1, 3, 3, 2, 4)
        with pytest.raises(ValueError, match=r"references must have shape .* as in frames"):
            color_drift(frames, frames[:, :2])


class TestIdentityDrift:
    def test_by_hand(self) -> None:
        embeddings = torch.tensor([[[1.0, 0.0], [5.0, 5.0], [0.0, -2.0]]])

        torch.testing.assert_close(identity_drift(embeddings), torch.tensor([[0, 1 - 0.5**0.5, 1]]))
        reference = torch.tensor([[0.0, 3.0]])
        torch.testing.assert_close(
            identity_drift(embeddings, reference), torch.tensor([[1, 1 - 0.5**0.5, 2]])
        )

    def test_gradients_and_compilation(self) -> None:
        embeddings, reference = rand(2, 3, 4, dtype=torch.float64), rand(2, 4, seed=1).double()
        assert_gradients(identity_drift, embeddings, reference)
        assert_compiles(identity_drift, embeddings, reference)

    def test_bad_input(self) -> None:
        with pytest.raises(ValueError, match=r"reference must have shape \(2, 4\)"):
            identity_drift(rand(2, 3, 4), rand(2, 5))
