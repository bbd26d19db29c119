"""The kernel distance against its sum, written as loops."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.assertions import assert_compiles, assert_gradients, rand
from vidgan.functional import kernel_distance as module
from vidgan.functional import polynomial_mmd


def mmd_loop(x: Tensor, y: Tensor, degree: int) -> float:
    def kernel(a: Tensor, b: Tensor) -> float:
        return (float(a @ b) / len(a) + 1) ** degree

    def within(z: Tensor) -> float:
        n = len(z)
        pairs = [kernel(z[i], z[j]) for i in range(n) for j in range(n) if i != j]
        return sum(pairs) / len(pairs)

    across = [kernel(a, b) for a in x for b in y]
    return within(x) + within(y) - 2 * sum(across) / len(across)


@pytest.mark.parametrize("degree", [1, 3])
def test_matches_loop(degree: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = rand(7, 4, dtype=torch.float64), rand(5, 4, seed=1, dtype=torch.float64)
    expected = pytest.approx(mmd_loop(x, y, degree))

    assert float(polynomial_mmd(x, y, degree=degree)) == expected
    monkeypatch.setattr(module, "_BLOCK", 3)
    assert float(polynomial_mmd(x, y, degree=degree)) == expected


def test_unbiased() -> None:
    generator = torch.Generator().manual_seed(0)
    samples = torch.randn(300, 2, 4, 3, generator=generator)

    values = torch.stack([polynomial_mmd(x, y) for x, y in samples])

    assert values.min() < 0
    assert abs(float(values.mean())) < 3 * float(values.std()) / 300**0.5


def test_gradients_and_compilation() -> None:
    assert_gradients(polynomial_mmd, rand(4, 3, dtype=torch.float64), rand(3, 3, seed=1).double())
    assert_compiles(polynomial_mmd, rand(4, 3), rand(3, 3, seed=1))


def test_bad_input() -> None:
    with pytest.raises(ValueError, match=r"polynomial_mmd: features must hold 2 samples or more"):
        polynomial_mmd(rand(1, 3), rand(4, 3))
    with pytest.raises(ValueError, match=r"polynomial_mmd: features has 3 values that are NaN"):
        polynomial_mmd(rand(2, 3) * torch.tensor([[1.0], [torch.nan]]), rand(4, 3))
    with pytest.raises(ValueError, match=r"polynomial_mmd: degree must be at least 1, got 0"):
        polynomial_mmd(rand(2, 3), rand(4, 3), degree=0)
