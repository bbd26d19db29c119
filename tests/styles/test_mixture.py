"""A mixture of Gaussians as plain tensors."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from tests.assertions import rand
from vidgan.styles import GaussianMixture, fit_mixture, sample_mixture

LEFT, RIGHT = torch.tensor([-0.5, 0.2]), torch.tensor([0.5, -0.2])


def cloud(center: torch.Tensor, count: int, *, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return center + 0.02 * torch.randn(count, 2, generator=generator)


def test_finds_two_clouds() -> None:
    pytest.importorskip("sklearn")
    vectors = torch.cat([cloud(LEFT, 100), cloud(RIGHT, 300, seed=1)])

    mixture = fit_mixture(vectors, components=2)

    order = mixture.means[:, 0].argsort()
    torch.testing.assert_close(mixture.weights[order], torch.tensor([0.25, 0.75]))
    torch.testing.assert_close(mixture.means[order], torch.stack([LEFT, RIGHT]), rtol=0, atol=0.01)
    covariances = mixture.factors @ mixture.factors.mT
    expected = torch.stack([cloud(LEFT, 100).T.cov(), cloud(RIGHT, 300, seed=1).T.cov()])
    torch.testing.assert_close(covariances[order], expected, rtol=0.02, atol=1e-5)
    torch.testing.assert_close(mixture.center, vectors.mean(0))
    assert int(mixture.num_instances) == 400
    assert {value.dtype for value in mixture[:4]} == {torch.float32}


def test_fit_is_repeatable_and_needs_no_gradient() -> None:
    pytest.importorskip("sklearn")
    vectors = rand(40, 2).requires_grad_()

    first, second = (fit_mixture(vectors, components=3, seed=5) for _ in range(2))

    assert all(torch.equal(*pair) for pair in zip(first, second, strict=True))
    assert not first.means.requires_grad


def test_equal_vectors_need_no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sklearn", "sklearn.mixture"):
        monkeypatch.setitem(sys.modules, name, None)

    mixture = fit_mixture(LEFT.repeat(4, 1))

    assert torch.equal(sample_mixture(mixture, np.random.default_rng(0)), LEFT)
    assert not mixture.factors.any()


def test_missing_scikit_learn_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)

    class Hidden:
        def find_spec(self, name: str, *_: object) -> None:
            if name.partition(".")[0] == "sklearn":
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(sys, "meta_path", [Hidden(), *sys.meta_path])
    with pytest.raises(ImportError, match=r"sklearn.mixture is needed here; .*'vidgan\[styles\]'"):
        fit_mixture(rand(4, 2))


def test_samples_have_the_moments_of_the_component() -> None:
    factor = torch.tensor([[0.1, 0.0], [0.05, 0.02]])
    mixture = GaussianMixture(
        torch.tensor([1.0, 0.0]), torch.stack([LEFT, RIGHT]), torch.stack([factor, factor]), LEFT,
        torch.tensor(1),
    )  # fmt: skip
    rng = np.random.default_rng(0)

    samples = torch.stack([sample_mixture(mixture, rng) for _ in range(4000)])

    torch.testing.assert_close(samples.mean(0), LEFT, rtol=0, atol=0.006)
    torch.testing.assert_close(samples.T.cov(), factor @ factor.T, rtol=0.1, atol=0.0003)


def test_samples_stay_in_the_range_of_the_features() -> None:
    wide = GaussianMixture(
        torch.ones(1), LEFT[None], 10 * torch.eye(2)[None], LEFT, torch.tensor(9)
    )
    rng = np.random.default_rng(0)

    samples = torch.stack([sample_mixture(wide, rng) for _ in range(50)])

    assert samples.amin() == -1
    assert samples.amax() == 1


@pytest.mark.parametrize(
    ("vectors", "components", "text"),
    [
        (torch.zeros(3), 2, r"fit_mixture: vectors must have shape \(N, F\), got \(3,\)"),
        (torch.zeros(0, 3), 2, "fit_mixture: N must be at least 1, got 0"),
        (torch.zeros(4, 3), 0, "fit_mixture: components must be at least 1, got 0"),
        (torch.full((4, 3), float("nan")), 2, "fit_mixture: vectors has 12 values that are NaN"),
    ],
)
def test_wrong_inputs_raise(vectors: torch.Tensor, components: int, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        fit_mixture(vectors, components=components)


def test_integer_vectors_raise() -> None:
    with pytest.raises(TypeError, match="fit_mixture: vectors must be a floating-point tensor"):
        fit_mixture(torch.zeros(4, 3, dtype=torch.int64))
