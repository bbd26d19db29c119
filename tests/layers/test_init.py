"""How weights are drawn."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from vidgan.layers import init_weights


def assert_normal(values: Tensor, mean: float, std: float) -> None:
    """Mean, standard deviation and the share within one of it are those of N(mean, std)."""
    count = values.numel()
    assert abs(float(values.mean()) - mean) < 5 * std / math.sqrt(count)
    assert abs(float(values.std()) / std - 1) < 5 / math.sqrt(2 * count)
    within = float(((values - mean).abs() < std).double().mean())
    assert abs(within - 0.6827) < 5 * 0.5 / math.sqrt(count)


@pytest.mark.parametrize("kind", [nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d])
@pytest.mark.parametrize("std", [0.02, 0.5])
def test_convolutions(kind: type[nn.Module], std: float) -> None:
    torch.manual_seed(0)
    layer = kind(16, 24, 5)
    nn.init.ones_(layer.bias)

    init_weights(layer, std=std)

    assert_normal(layer.weight.detach(), 0, std)
    assert torch.equal(layer.bias, torch.zeros(24))


def test_batch_norms() -> None:
    torch.manual_seed(0)
    layer = nn.BatchNorm2d(5000)
    nn.init.ones_(layer.bias)

    init_weights(layer)

    assert_normal(layer.weight.detach(), 1, 0.02)
    assert torch.equal(layer.bias, torch.zeros(5000))


def test_visits_everything_inside_and_returns_it() -> None:
    torch.manual_seed(0)
    inner = nn.Sequential(nn.Conv2d(8, 8, 5), nn.ReLU())
    outer = nn.ModuleList([inner, nn.ConvTranspose2d(8, 8, 5)])

    assert init_weights(outer, std=2.0) is outer
    assert_normal(inner[0].weight.detach(), 0, 2)
    assert_normal(outer[1].weight.detach(), 0, 2)


def test_leaves_what_has_no_such_weights() -> None:
    layers = [nn.BatchNorm2d(3, affine=False), nn.Conv2d(2, 3, 1, bias=False), nn.Linear(2, 3)]
    before = layers[2].weight.detach().clone()

    init_weights(nn.Sequential(*layers))

    assert torch.equal(layers[2].weight, before)
    assert layers[1].bias is None


@pytest.mark.parametrize("kind", [nn.Conv2d, nn.ConvTranspose2d])
def test_under_a_spectral_norm(kind: type[nn.Module]) -> None:
    """It draws what is trained, not the normalized copy, and the norm fits the new weights."""
    torch.manual_seed(0)
    layer = spectral_norm(kind(16, 24, 5))
    chain = layer.parametrizations.weight

    init_weights(layer, std=0.02)

    assert_normal(chain.original.detach(), 0, 0.02)
    assert isinstance(chain.original, nn.Parameter)
    weight = layer.eval().weight
    matrix = weight if kind is nn.Conv2d else weight.transpose(0, 1)
    largest = float(torch.linalg.matrix_norm(matrix.flatten(1).detach(), 2))
    assert abs(largest - 1) < 0.05
