"""The perceptual distance of features."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.assertions import assert_compiles, assert_gradients, rand
from vidgan.functional import lpips_distance

SHAPES = [(2, 4, 3, 5), (2, 6, 2, 3)]


def layers(seed: int = 0) -> list[Tensor]:
    return [rand(*shape, seed=seed + i, dtype=torch.float64) for i, shape in enumerate(SHAPES)]


def heads() -> list[Tensor]:
    return [rand(shape[1], seed=9, dtype=torch.float64).abs() for shape in SHAPES]


def distance_of_first(first: Tensor, second: Tensor) -> Tensor:
    return lpips_distance([first], [second], [torch.ones(4, dtype=first.dtype)])


def test_matches_loop() -> None:
    ours, theirs = layers(), layers(4)

    distance = lpips_distance(ours, theirs, heads())

    for b in range(2):
        expected = 0.0
        for f, g, w in zip(ours, theirs, heads(), strict=True):
            _, _, height, width = f.shape
            for y in range(height):
                for x in range(width):
                    p, q = f[b, :, y, x], g[b, :, y, x]
                    difference = p / p.norm() - q / q.norm()
                    expected += float((w * difference**2).sum()) / (height * width)
        assert float(distance[b]) == pytest.approx(expected)


def test_float32_of_lower_precision() -> None:
    low = [[layer.bfloat16() for layer in side] for side in (layers(), layers(4))]

    distance = lpips_distance(*low, [head.bfloat16() for head in heads()])

    assert distance.dtype == torch.float32


def test_gradients_and_compilation() -> None:
    assert_gradients(distance_of_first, layers()[0], layers(4)[0])
    assert_compiles(distance_of_first, layers()[0].float(), layers(4)[0].float())


def test_finite_gradient_at_zero() -> None:
    features = torch.zeros(1, 4, 2, 3, requires_grad=True)

    distance_of_first(features, torch.zeros(1, 4, 2, 3)).sum().backward()

    assert features.grad is not None
    assert torch.isfinite(features.grad).all()


def test_wrong_layers() -> None:
    with pytest.raises(ValueError, match=r"heads must hold as many layers as features, 2, got 1"):
        lpips_distance(layers(), layers(), heads()[:1])
    with pytest.raises(ValueError, match=r"heads must have shape \(4\) to fit features"):
        lpips_distance(layers()[:1], layers()[:1], heads()[1:])
    with pytest.raises(ValueError, match=r"reference_features must have shape \(2, 4, 3, 5\)"):
        lpips_distance(layers()[:1], layers()[1:], heads()[:1])
