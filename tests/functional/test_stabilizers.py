"""LeCam regularization and logit centering, against hand numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.assertions import assert_compiles, assert_gradients, rand
from vidgan.functional import lecam, logit_centering

MEANS = torch.tensor(0.5), torch.tensor(-0.25)


def test_lecam_by_hand() -> None:
    real, fake = torch.tensor([[0.75], [-1.0]]), torch.tensor([0.0, 2.0])
    # real above -0.25: (1^2 + 0) / 2; fake below 0.5: (0.5^2 + 0) / 2
    assert lecam(real, fake, *MEANS).item() == pytest.approx(0.5 + 0.125)


def test_logits_beyond_the_other_mean_are_free() -> None:
    assert lecam(torch.tensor(-3.0), torch.tensor(3.0), *MEANS).item() == 0


def test_centering_is_zero_where_logits_are_opposite() -> None:
    logits = rand(2, 1, 3, 4)
    assert logit_centering(logits, -logits).item() == 0
    assert logit_centering(logits + 1, -logits + 1).item() == pytest.approx(4)


@pytest.mark.parametrize("function", [logit_centering, lambda r, f: lecam(r, f, *MEANS)])
def test_gradients_compilation_and_precision(function) -> None:
    real, fake = 3 * rand(2, 1, 4, 5), 3 * rand(2, 1, 4, 5, seed=1)
    assert_compiles(function, real, fake)
    assert function(real.half(), fake.half()).dtype == torch.float32

    def in_double(real: Tensor, fake: Tensor) -> Tensor:
        return function(real, fake)

    assert_gradients(in_double, real, fake)


def test_bad_arguments() -> None:
    logits = rand(2, 3)
    with pytest.raises(ValueError, match="real_mean must have shape"):
        lecam(logits, logits, torch.zeros(1), torch.zeros(()))
    with pytest.raises(TypeError, match="fake_logits must be a floating-point tensor"):
        lecam(logits, logits.long(), *MEANS)
    with pytest.raises(ValueError, match="fake_logits must have shape"):
        logit_centering(logits, logits[:1])
