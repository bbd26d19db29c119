"""Keeps the results of the costly convolutions of a pass that is recomputed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

_COSTLY = 1000  # multiplications per value of the result
_ROOM = 2  # all results, as a multiple of the inputs of the pass
_LARGEST = 1 / 4  # one result, as a share of that: many small ones save more


class Kept:
    """Results of costly convolutions, in the order in which a pass computes them.

    Args:
        inputs: of the pass; the results take at most twice their memory.

    Attributes:
        results: None stands for one that must be computed again.
    """

    def __init__(self, inputs: Any) -> None:
        tensors = [value for value in tree_leaves(inputs) if isinstance(value, Tensor)]
        self._room = _ROOM * sum(tensor.nbytes for tensor in tensors)
        self._largest = _LARGEST * self._room
        self.results: list[Tensor | None] = []
        self._places: dict[int, int] = {}

    def add(self, result: Tensor) -> None:
        """Keep the next result, if there is room."""
        if result.nbytes > min(self._room, self._largest):
            self.results.append(None)
            return
        self._room -= result.nbytes
        kept = result.detach()  # the result itself will hold the graph
        self._places[id(kept.untyped_storage())] = len(self.results)
        self.results.append(kept)

    def forget(self, values: Any) -> None:
        """Compute again whatever shares memory with tensors that change, or may."""
        for value in tree_leaves(values):
            if isinstance(value, Tensor) and value.layout == torch.strided:
                place = self._places.pop(id(value.untyped_storage()), None)
                if place is not None:
                    self.results[place] = None


class Keeping(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Context manager of the first pass: adds its costly results to ``kept``."""

    def __init__(self, kept: Kept) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._kept = kept

    def __torch_dispatch__(self, op: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = op(*args, **(kwargs or {}))
        if op._schema.is_mutable:  # noqa: SLF001
            self._kept.forget([args, kwargs])
        elif _multiplications(op, args) >= _COSTLY:
            self._kept.add(out)
        return out


class Replaying(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Context manager of the second pass: takes the costly results from ``kept``, each once."""

    def __init__(self, kept: Kept) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._kept = kept
        self._next = 0

    def __torch_dispatch__(self, op: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if _multiplications(op, args) >= _COSTLY:
            result = self._kept.results[self._next]
            self._next += 1
            if result is not None:
                return result.detach()
        return op(*args, **(kwargs or {}))


def is_compiled(module: nn.Module) -> bool:
    """Return whether a part of a module is compiled: a dispatch mode would run it uncompiled."""
    return any(
        hasattr(part, "_orig_mod") or getattr(part, "_compiled_call_impl", None) is not None
        for part in module.modules()
    )


def _multiplications(op: Any, args: Any) -> float:
    """Return the multiplications per value of the result; 0 for all but convolutions."""
    if op is torch.ops.aten.convolution.default:
        weight, stride, transposed, groups = args[1], args[3], args[6], args[8]
        if not transposed:
            return float(weight[0].numel())
        places = torch.Size(stride).numel() * groups
        return float(weight.numel() / (weight.shape[1] * places))
    if op is torch.ops.vidgan.winograd_conv2d.default:
        return float(args[1][0].numel())
    return 0.0
