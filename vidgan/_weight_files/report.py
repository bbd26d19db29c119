"""How weights and a network differ, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor

_SHOWN = 8


class Difference(NamedTuple):
    """The names in which weights differ from those that a network needs.

    Attributes:
        missing: needed, but not there.
        unexpected: there, but not needed.
        other_shape: there in another shape than needed.
    """

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    other_shape: tuple[str, ...]


def compare(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> Difference:
    """Compare the names and shapes of weights with those that a network needs."""
    return Difference(
        tuple(name for name in wanted if name not in state),
        tuple(name for name in state if name not in wanted),
        tuple(n for n in wanted if n in state and state[n].shape != wanted[n].shape),
    )


def describe(
    difference: Difference, state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]
) -> str:
    """Return the differences in a few words; of many names the first ones alone.

    Example:
        >>> import torch
        >>> state, wanted = {"a": torch.ones(2), "b": torch.ones(1)}, {"a": torch.ones(3)}
        >>> describe(compare(state, wanted), state, wanted)
        '1 unexpected: b (1,); 1 of another shape: a (2,) in place of (3,)'
    """

    def shape(tensors: Mapping[str, Tensor], name: str) -> str:
        return str(tuple(tensors[name].shape))

    groups = {
        "missing": [f"{name} {shape(wanted, name)}" for name in difference.missing],
        "unexpected": [f"{name} {shape(state, name)}" for name in difference.unexpected],
        "of another shape": [
            f"{name} {shape(state, name)} in place of {shape(wanted, name)}"
            for name in difference.other_shape
        ],
    }
    return "; ".join(
        f"{len(names)} {what}: {', '.join(names[:_SHOWN])}{', ...' * (len(names) > _SHOWN)}"
        for what, names in groups.items()
        if names
    )
