"""Gradients, memory formats, dtypes and batches of every public part."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten

from tests.contracts.registry import REGISTRY, cases
from tests.contracts.sample import results


@pytest.mark.parametrize("name", cases("gradient"))
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    sample = REGISTRY[name]
    target = sample.built(torch.float64)
    leaves, spec = tree_flatten(sample.arguments(1, torch.float64, small=True))
    which = [i for i, leaf in enumerate(leaves) if is_float(leaf)]

    def call(*values: Tensor) -> tuple[Tensor, ...]:
        given = [*leaves]
        for i, value in zip(which, values, strict=True):
            given[i] = value
        found = tree_flatten(target(**tree_unflatten(given, spec)))[0]
        return tuple(out for out in found if is_float(out) and out.requires_grad)

    inputs = [leaves[i].detach().clone().requires_grad_() for i in which]
    if not which or not call(*inputs):
        return  # integers only, or a result that is cut off from the graph
    assert torch.autograd.gradcheck(call, inputs, fast_mode=True)


@pytest.mark.parametrize("name", cases("layout"))
def test_memory_formats_give_the_same_result(name: str) -> None:
    sample = REGISTRY[name]
    target, arguments = sample.built(torch.float64), sample.arguments(dtype=torch.float64)
    want = results(target, arguments)

    for lay in (channels_last, strided):
        got = results(sample.built(torch.float64), tree_map(lay, arguments))
        torch.testing.assert_close(got, want)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64], ids=["bfloat16", "float64"])
@pytest.mark.parametrize("name", REGISTRY)
def test_results_have_the_dtype_of_the_inputs(name: str, dtype: torch.dtype) -> None:
    sample = REGISTRY[name]
    if str(dtype).removeprefix("torch.") in sample.skip:
        return
    wanted = results(sample.built(), sample.arguments())

    got = results(sample.built(dtype), sample.arguments(dtype=dtype))

    has_floats = any(is_float(leaf) for leaf in tree_flatten(sample.arguments())[0])
    for one, other in zip(got, wanted, strict=True):
        assert one.shape == other.shape
        if other.is_floating_point() and has_floats:
            precise = torch.promote_types(dtype, torch.float32)
            assert one.dtype == dtype or ((sample.precise or sample.whole) and one.dtype == precise)
            assert one.isfinite().all()


@pytest.mark.parametrize("name", [name for name in cases("batch") if not REGISTRY[name].whole])
def test_a_batch_gives_what_its_samples_give(name: str) -> None:
    sample = REGISTRY[name]
    arguments = sample.arguments(2, torch.float64)
    one = sample.arguments(1, torch.float64)
    target = sample.built(torch.float64)

    # what changes its length with the batch has a batch axis
    def first(whole: Any, single: Any) -> Any:
        is_batched = isinstance(whole, Tensor) and whole.shape != single.shape
        return whole[:1] if is_batched else whole

    leaves, spec = tree_flatten(arguments)
    singles = tree_flatten(one)[0]
    sliced = tree_unflatten([first(*pair) for pair in zip(leaves, singles, strict=True)], spec)
    for part, both in zip(results(target, sliced), results(target, arguments), strict=True):
        torch.testing.assert_close(part, both[:1] if part.shape != both.shape else both)


def is_float(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def channels_last(value: Any) -> Any:
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    if not isinstance(value, Tensor) or value.dim() not in formats:
        return value
    return value.contiguous(memory_format=formats[value.dim()])


def strided(value: Any) -> Any:
    """The same numbers, every second one of a larger tensor."""
    if not isinstance(value, Tensor) or not value.dim():
        return value
    wide = torch.stack([value, torch.zeros_like(value)], -1).flatten(-2)
    return wide[..., ::2]
