"""Freezing modules for a block."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.assertions import assert_compiles, rand
from vidgan.training import frozen


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))


def trained(module: nn.Module) -> list[bool]:
    return [weight.requires_grad for weight in module.parameters()]


def test_gradient_reaches_the_inputs_and_not_the_weights() -> None:
    module, inputs = network(), rand(2, 3).requires_grad_()
    (expected,) = torch.autograd.grad(module(inputs).sum(), inputs)

    with frozen(module):
        output = module(inputs)
    output.sum().backward()  # what was recorded in the block counts, not when backward is called

    assert torch.equal(inputs.grad, expected)
    assert [weight.grad for weight in module.parameters()] == [None] * 4


def test_partly_frozen_module_stays_so() -> None:
    module = network()
    module[0].requires_grad_(False)

    with frozen(module):
        assert trained(module) == [False] * 4

    assert trained(module) == [False, False, True, True]


def test_exception_unfreezes() -> None:
    module = network()

    def fail() -> None:
        with frozen(module):
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert trained(module) == [True] * 4


def test_nested() -> None:
    module = network()

    with frozen(module):
        with frozen(module[0]):
            assert trained(module) == [False] * 4
        assert trained(module) == [False] * 4

    assert trained(module) == [True] * 4


def test_modules_that_share_weights() -> None:
    first, second = network(), network()
    second[0].weight = first[0].weight

    with frozen(first, second):
        assert trained(first) + trained(second) == [False] * 8

    assert trained(first) + trained(second) == [True] * 8


def test_gradients_gathered_before_are_kept() -> None:
    module = network()
    module(rand(2, 3)).sum().backward()
    before = [weight.grad.clone() for weight in module.parameters()]

    with frozen(module):
        module(rand(2, 3, seed=1).requires_grad_()).sum().backward()

    for weight, gradient in zip(module.parameters(), before, strict=True):
        assert torch.equal(weight.grad, gradient)


def test_no_module_at_all() -> None:
    with frozen():
        pass


def test_module_compiled_before_stays_right() -> None:
    module = network()

    with frozen(module):
        assert_compiles(module, rand(2, 3))
    assert_compiles(module, rand(2, 3))
