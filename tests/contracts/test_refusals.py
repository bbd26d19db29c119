"""Inputs of every public part that must be refused by a typed error, or give the right result."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.contracts.registry import REGISTRY, cases
from tests.contracts.sample import Sample, changed, results

SIZES = [(1, 1), (1, 7), (2, 3), (5, 7), (9, 13)]


def refusal(sample: Sample, arguments: dict[str, Any], argument: str) -> str:
    """What is wrong with the refusal of ``arguments``, or nothing."""
    try:
        results(sample.built(), arguments)
    except (ValueError, TypeError) as error:
        return wrong_text(error, argument)
    except Exception as error:  # noqa: BLE001 - whatever a kernel raises
        return f"{argument}: {type(error).__name__}: {str(error)[:80]}"
    return f"{argument}: no error"


def wrong_text(error: Exception, argument: str) -> str:
    """Nothing, if the error names its function and an argument, as vidgan's errors do."""
    named = re.match(r"(the extractor )?[\w.]+: ", str(error))
    return "" if named else f"{argument}: not a message of vidgan: {str(error)[:80]}"


def more_axes(x: Tensor) -> Tensor:
    return x[None, None, None]


def fewer_axes(x: Tensor) -> Tensor | None:
    return x[0] if x.dim() else None


def other_dtype(x: Tensor) -> Tensor | None:
    if x.dtype == torch.bool:
        return None
    return x.long() if x.is_floating_point() else x.float()


def wrong(name: str, change: Callable[[Tensor], Tensor | None]) -> list[str]:
    sample = REGISTRY[name]
    if sample.unbatched and change is fewer_axes:
        change = torch.flatten
    return [
        text
        for argument, arguments in changed(sample.arguments(), change)
        if argument not in sample.free
        if (text := refusal(sample, arguments, argument))
    ]


@pytest.mark.parametrize("change", [more_axes, fewer_axes])
@pytest.mark.parametrize("name", cases("rank"))
def test_another_rank_is_refused(name: str, change: Callable[[Tensor], Tensor | None]) -> None:
    found = wrong(name, change)

    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("name", cases("dtype"))
def test_another_dtype_is_refused(name: str) -> None:
    found = wrong(name, other_dtype)

    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("name", cases("empty"))
def test_an_empty_batch_is_refused_or_right(name: str) -> None:
    sample = REGISTRY[name]
    try:
        found = results(sample.built(), sample.arguments(0))
    except (ValueError, TypeError) as error:
        assert not wrong_text(error, "batch")  # noqa: PT017 - a result is right, too
        return

    assert all(out.isfinite().all() for out in found)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", cases("sizes"))
def test_any_size_is_refused_or_right(name: str, size: tuple[int, int]) -> None:
    sample = replace(REGISTRY[name], size=size)
    try:
        found = results(sample.built(), sample.arguments())
    except (ValueError, TypeError) as error:
        assert not wrong_text(error, "size")  # noqa: PT017 - a result is right, too
        return

    assert all(out.isfinite().all() for out in found)


@pytest.mark.parametrize("name", [name for name, sample in REGISTRY.items() if sample.errors])
def test_wrong_arguments_are_refused(name: str) -> None:
    for call, message in REGISTRY[name].errors:
        with pytest.raises((ValueError, TypeError), match=re.escape(message)):
            call()


def test_what_is_wrong_with_a_refusal_is_found() -> None:
    def check(call: Callable[..., Any]) -> str:
        return refusal(Sample(lambda: call, lambda b, h, w: {}), {"x": torch.zeros(1)}, "x")

    def named(x: Tensor) -> None:
        raise ValueError("f: x must be none")

    def unnamed(x: Tensor) -> None:
        raise ValueError("too small")

    assert check(named) == ""
    assert "not a message of vidgan" in check(unnamed)
    assert "RuntimeError" in check(lambda x: x.view(7))
    assert "no error" in check(lambda x: x)
