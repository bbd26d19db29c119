"""What many tests ask of a function or module: gradients, compilation, errors at each axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def rand(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Numbers in [-1, 1), the same ones for a seed."""
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand(shape, generator=generator, dtype=torch.float64) * 2 - 1).to(dtype)


def mask(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Numbers in [0, 1), the same ones for a seed."""
    return (rand(*shape, seed=seed, dtype=torch.float64) / 2 + 0.5).to(dtype)


def smooth_flow(
    *shape: int, seed: int = 0, reach: int = 2, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Vectors of up to ``reach`` pixels whose ends keep away from pixel centers.

    A bilinear warp has a kink at each pixel center, where no numerical derivative is right.
    """
    generator = torch.Generator().manual_seed(seed)
    whole = torch.randint(-reach, reach, shape, generator=generator)
    part = torch.rand(shape, generator=generator, dtype=torch.float64) * 0.6 + 0.2
    return (whole + part).to(dtype)


def assert_gradients(function: Callable[..., Tensor], *inputs: Tensor) -> None:
    """The gradients of ``function`` at float64 ``inputs`` are those of finite differences."""
    leaves = [value.detach().double().requires_grad_() for value in inputs]
    assert torch.autograd.gradcheck(function, leaves)


def assert_compiles(function: Callable[..., Any], *args: Any, **options: Any) -> None:
    """``function`` compiles without a graph break, and its outputs and gradients stay the same."""
    torch.compiler.reset()
    compiled = torch.compile(function, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(
        _outputs_and_gradients(compiled, args, options),
        _outputs_and_gradients(function, args, options),
    )


def _outputs_and_gradients(
    function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]
) -> tuple[list[Tensor], list[Tensor | None]]:
    own = [
        value.detach().clone().requires_grad_(value.is_floating_point())
        if isinstance(value, Tensor)
        else value
        for value in args
    ]
    result = function(*own, **options)
    outputs = [result] if isinstance(result, Tensor) else list(result)
    differentiable = [output.square().sum() for output in outputs if output.requires_grad]
    if differentiable:
        torch.stack(differentiable).sum().backward()
    leaves = [value for value in own if isinstance(value, Tensor)]
    return [output.detach() for output in outputs], [leaf.grad for leaf in leaves]


def wrong_shapes(*shape: int) -> list[tuple[int, ...]]:
    """``shape`` with each of its axes too long by one, one axis at a time."""
    return [(*shape[:axis], size + 1, *shape[axis + 1 :]) for axis, size in enumerate(shape)]
