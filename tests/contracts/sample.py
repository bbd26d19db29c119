"""What the registry says of one public class or function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten_with_path, tree_leaves, tree_map, tree_unflatten

PROPERTIES = (
    "gradient",  # gradients are those of finite differences
    "layout",  # memory formats do not change the result
    "bfloat16",
    "float64",
    "batch",  # a batch gives what its samples give
    "empty",  # a batch of no sample: a typed error, or the right result
    "rank",  # inputs with more or fewer axes are refused
    "dtype",  # integers for floating-point numbers, and the reverse, are refused
    "sizes",  # any height and width: a typed error or the right result
    "copy",  # deepcopy gives the same
    "file",  # safetensors give the same
    "compile",
    "meta",  # can be built without memory
)
Inputs = Callable[[int, int, int], dict[str, Any]]


@dataclass(frozen=True)
class Sample:
    """A call of a public class or function, and what is not asked of it.

    Attributes:
        target: builds the module, or returns the function with its options.
        inputs: from batch size, height and width to the arguments by name.
        size: height and width of the sample.
        errors: calls that must be refused, and what their errors say.
        skip: a property of `PROPERTIES` that does not hold, and why.
        free: inputs of any rank or dtype, which no rank or dtype of theirs is wrong for, and why.
        whole: the result is of the batch as a whole, such as a mean over it.
        precise: half precision gives a result in float32.
        unbatched: a single sample, without the batch axis, is fine too.
    """

    target: Callable[[], Callable[..., Any]]
    inputs: Inputs
    size: tuple[int, int] = (8, 12)
    errors: tuple[tuple[Callable[[], Any], str], ...] = ()
    skip: dict[str, str] = field(default_factory=dict)
    free: dict[str, str] = field(default_factory=dict)
    whole: bool = False
    unbatched: bool = False
    precise: bool = False

    def built(self, dtype: torch.dtype = torch.float32) -> Callable[..., Any]:
        """The function, or the module in eval mode."""
        torch.manual_seed(0)
        target = self.target()
        if isinstance(target, nn.Module):
            target = target.to(dtype).eval()
        return target

    def arguments(
        self, batch: int = 2, dtype: torch.dtype = torch.float32, *, small: bool = False
    ) -> dict[str, Any]:
        """The arguments, those in floating point of ``dtype``."""
        size = (min(self.size[0], 6), min(self.size[1], 8)) if small else self.size
        return cast(self.inputs(batch, *size), dtype)


def cast(values: Any, dtype: torch.dtype) -> Any:
    """``values`` with its floating-point tensors in ``dtype``."""

    def one(value: Any) -> Any:
        is_float = isinstance(value, Tensor) and value.is_floating_point()
        return value.to(dtype) if is_float else value

    return tree_map(one, values)


def results(target: Callable[..., Any], arguments: dict[str, Any]) -> list[Tensor]:
    """The tensors that ``target`` returns; its random numbers are always the same."""
    torch.manual_seed(1)
    found = [value for value in tree_leaves(target(**arguments)) if isinstance(value, Tensor)]
    return [value.detach() for value in found]


def changed(
    arguments: dict[str, Any], change: Callable[[Tensor], Tensor | None]
) -> list[tuple[str, dict[str, Any]]]:
    """The arguments with one tensor changed at a time, each with that tensor's name."""
    paths, spec = tree_flatten_with_path(arguments)
    leaves = [leaf for _, leaf in paths]
    found = []
    for i, (path, leaf) in enumerate(paths):
        other = change(leaf) if isinstance(leaf, Tensor) else None
        if other is not None:
            new = tree_unflatten([*leaves[:i], other, *leaves[i + 1 :]], spec)
            found.append((str(path[0].key), new))
    return found
