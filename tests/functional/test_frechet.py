"""The Frechet distance against hand numbers, scipy and torchmetrics' formula."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.assertions import assert_compiles, assert_gradients, rand
from vidgan.functional import frechet_distance, frechet_distance_from_moments


def gaussian(samples: int, dimensions: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(samples, dimensions, generator=generator, dtype=torch.float64)


def test_of_two_lines_by_hand() -> None:
    features = torch.tensor([[0.0], [2.0], [4.0]])  # mean 2, variance 4
    references = torch.tensor([[10.0], [11.0], [12.0]])  # mean 11, variance 1

    distance = frechet_distance(features, references)

    assert distance.dtype == torch.float64
    assert float(distance) == pytest.approx(81 + (2 - 1) ** 2)


def test_of_matrices_that_commute_by_hand() -> None:
    angle = torch.tensor(0.3)
    turn = torch.tensor([[angle.cos(), -angle.sin()], [angle.sin(), angle.cos()]]).double()
    ours, theirs = (turn @ torch.diag(torch.tensor(d)).double() @ turn.T for d in ([9, 1], [4, 16]))

    distance = frechet_distance_from_moments(
        torch.tensor([1.0, 0.0]), ours, torch.tensor([0.0, 2.0]), theirs
    )

    assert float(distance) == pytest.approx(1 + 4 + (3 - 2) ** 2 + (1 - 4) ** 2)


def test_equals_the_formula_with_a_matrix_root() -> None:
    linalg = pytest.importorskip("scipy.linalg")
    ours = gaussian(50, 8, 0) @ gaussian(8, 8, 1)
    theirs = gaussian(60, 8, 2) @ gaussian(8, 8, 3) + 0.5
    covariances = [np.cov(x.numpy(), rowvar=False) for x in (ours, theirs)]
    root = linalg.sqrtm(covariances[0] @ covariances[1]).real
    shift = (ours.mean(0) - theirs.mean(0)).square().sum()
    expected = float(shift) + np.trace(covariances[0] + covariances[1] - 2 * root)

    assert float(frechet_distance(ours, theirs)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("samples", [20, 400])
def test_equal_sets_give_zero(samples: int) -> None:
    features = gaussian(samples, 64, 0).exp()  # of full and of deficient rank

    if samples < 64:
        with pytest.warns(UserWarning, match="20 samples are fewer than the 64 dimensions"):
            distance = frechet_distance(features, features.flip(0))
    else:
        distance = frechet_distance(features, features.flip(0))

    assert 0 <= float(distance) < 1e-9


def test_symmetric_and_grows_with_the_shift() -> None:
    ours, theirs = gaussian(30, 4, 0), gaussian(40, 4, 1)

    torch.testing.assert_close(frechet_distance(ours, theirs), frechet_distance(theirs, ours))
    distances = [float(frechet_distance(ours + shift, ours)) for shift in (0.0, 1.0, 2.0)]
    assert distances == pytest.approx([0, 4, 16], abs=1e-9)


def test_gradients_and_compilation() -> None:
    assert_gradients(frechet_distance, gaussian(6, 3, 0), gaussian(7, 3, 1))
    assert_compiles(frechet_distance, gaussian(6, 3, 0), gaussian(7, 3, 1))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_float64_for_any_dtype(dtype: torch.dtype) -> None:
    ours, theirs = gaussian(6, 3, 0).to(dtype), gaussian(7, 3, 1).to(dtype)

    expected = frechet_distance(ours.double(), theirs.double())

    assert torch.equal(frechet_distance(ours, theirs), expected)


def test_bad_features() -> None:
    good, nan = rand(4, 3), rand(4, 3)
    nan[2, 1] = torch.nan
    with pytest.raises(
        ValueError,
        match=r"frechet_distance: references has 1 values that are NaN .* at index \(2, 1\)",
    ):
        frechet_distance(good, nan)
    with pytest.raises(ValueError, match=r"features must hold 2 samples or more, got 1"):
        frechet_distance(good[:1], good)
    with pytest.raises(ValueError, match=r"references must have shape \(M, 3\)"):
        frechet_distance(good, rand(4, 2))
    with pytest.raises(ValueError, match=r"reference_covariance must have shape \(3, 3\)"):
        frechet_distance_from_moments(rand(3), torch.eye(3), rand(3), torch.eye(4))
