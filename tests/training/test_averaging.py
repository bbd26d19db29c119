"""Averages of modules with spectral norm, against singular values by SVD."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import spectral_norm as spectral_norm_by_hook
from torch.nn.utils.parametrizations import spectral_norm, weight_norm
from torch.optim import swa_utils

from tests.assertions import rand
from vidgan.models import multiscale_discriminator
from vidgan.training import AveragedModel, refresh_spectral_norm

EMA = swa_utils.get_ema_multi_avg_fn(0.9)
AVERAGES = {"ema": {"multi_avg_fn": EMA}, "mean": {}}
every_average = pytest.mark.parametrize("average", AVERAGES)
with_and_without_buffers = pytest.mark.parametrize("use_buffers", [False, True])


def network(add: Callable[[nn.Module], nn.Module] = spectral_norm) -> nn.Module:
    """A convolution, one transposed, a linear layer, and a norm with running statistics."""
    torch.manual_seed(0)
    return nn.Sequential(
        add(nn.Conv2d(3, 8, 3)),
        nn.BatchNorm2d(8),
        add(nn.ConvTranspose2d(8, 4, 3)),
        nn.Flatten(),
        add(nn.Linear(4 * 64, 5)),
    )


def largest_singular_values(module: nn.Module) -> list[float]:
    """Of every weight with spectral norm, as the layer computes it in eval mode."""
    module.eval()
    module(rand(2, 3, 8, 8))  # the old form sets its weights when it runs
    layers = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    layers += [layer for layer in module.modules() if isinstance(layer, nn.ConvTranspose2d)]
    matrices = [layer.weight.detach() for layer in layers]
    matrices[-1] = matrices[-1].transpose(0, 1)  # torch normalizes along the output channels
    return [torch.linalg.matrix_norm(m.flatten(1), 2).item() for m in matrices]


def train(module: nn.Module, averaged: swa_utils.AveragedModel, steps: int = 40) -> None:
    """Move the weights far within a few steps, and average after each."""
    torch.manual_seed(1)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.03)
    module.train()
    for _ in range(steps):
        loss = (module(torch.randn(4, 3, 8, 8)) - torch.randn(4, 5)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        averaged.update_parameters(module)


@every_average
@with_and_without_buffers
@pytest.mark.parametrize("add", [spectral_norm, spectral_norm_by_hook])
def test_average_is_normalized(average: str, use_buffers: bool, add: Callable) -> None:
    module = network(add)
    averaged = AveragedModel(module, use_buffers=use_buffers, **AVERAGES[average])

    train(module, averaged)

    assert largest_singular_values(averaged.module) == pytest.approx([1, 1, 1], abs=0.02)


def test_torch_alone_is_not() -> None:
    """What the class is for: should this fail in a newer torch, the class can go."""
    module = network()
    averaged = swa_utils.AveragedModel(module, use_buffers=True)

    train(module, averaged)

    assert max(largest_singular_values(averaged.module)) > 1.1


@every_average
@with_and_without_buffers
def test_everything_else_is_as_in_torch(average: str, use_buffers: bool) -> None:
    options = {"use_buffers": use_buffers, **AVERAGES[average]}
    module = network()
    ours, theirs = AveragedModel(module, **options), swa_utils.AveragedModel(module, **options)
    for averaged in (ours, theirs):
        train(copy.deepcopy(module), averaged, 5)

    states = ours.state_dict(), theirs.state_dict()

    assert list(states[0]) == list(states[1])
    for name, value in states[0].items():
        if not name.endswith(("._u", "._v")):
            assert torch.equal(value, states[1][name])


def test_average_of_weights_far_apart() -> None:
    modules = [network(), network()]
    for parameter in modules[1].parameters():
        nn.init.normal_(parameter)
    averaged = AveragedModel(modules[0])

    for module in modules:
        averaged.update_parameters(module)

    assert largest_singular_values(averaged.module) == pytest.approx([1, 1, 1], abs=0.05)


def disturb(module: nn.Module, size: float) -> None:
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn(parameter.shape), alpha=size)


def mean_of_states(*modules: nn.Module) -> dict[str, Tensor]:
    states = [module.state_dict() for module in modules]
    return {name: sum(state[name] for state in states) / len(states) for name in states[0]}


@pytest.mark.parametrize("add", [spectral_norm, spectral_norm_by_hook])
def test_mean_of_checkpoints(add: Callable) -> None:
    one, other = network(add), network(add)
    disturb(other, 0.2)
    other(rand(2, 3, 8, 8))
    one.load_state_dict(mean_of_states(one, other))

    refresh_spectral_norm(one, num_iterations=100)

    assert largest_singular_values(one) == pytest.approx([1, 1, 1], abs=1e-3)


def test_vectors_that_cancelled_out() -> None:
    module = spectral_norm(nn.Linear(4, 3)).eval()
    norm = module.parametrizations.weight[0]
    norm._u.zero_()
    norm._v.zero_()

    refresh_spectral_norm(module)

    assert torch.linalg.matrix_norm(module.weight.detach(), 2).item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("training", [False, True])
def test_weights_and_modes_stay(training: bool) -> None:
    module = nn.Sequential(network(), weight_norm(nn.Linear(5, 2)))
    module.train(training)
    before = {name: value.clone() for name, value in module.state_dict().items()}

    refresh_spectral_norm(module)

    assert all(part.training == training for part in module.modules())
    for name, value in module.state_dict().items():
        assert name.endswith(("._u", "._v")) or torch.equal(value, before[name])


def test_discriminator_of_the_library() -> None:
    network = multiscale_discriminator(3, base_channels=4, spectral_norm=True)
    averaged = AveragedModel(network, use_buffers=True, multi_avg_fn=EMA)

    for _ in range(30):
        disturb(network, 0.02)
        network(rand(1, 3, 32, 32))
        averaged.update_parameters(network)

    averaged.eval()
    for layer in averaged.modules():
        if isinstance(layer, nn.Conv2d):
            matrix = layer.weight.detach().flatten(1)
            assert torch.linalg.matrix_norm(matrix, 2).item() == pytest.approx(1, abs=0.1)


def test_module_without_spectral_norm() -> None:
    module = nn.Linear(3, 2)
    averaged = AveragedModel(module)

    averaged.update_parameters(module)

    assert torch.equal(averaged.module.weight, module.weight)


def test_number_of_iterations() -> None:
    rule = "refresh_spectral_norm: num_iterations must be at least 1, got 0"
    with pytest.raises(ValueError, match=rule):
        refresh_spectral_norm(network(), num_iterations=0)
