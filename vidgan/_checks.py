"""Argument checks whose errors name the function, the argument, the rule and what was got."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

Dim = int | str | None


def check_shapes(function: str, /, **tensors: tuple[Any, ...]) -> None:
    """Raise unless every tensor has the dtype and the shape that its line asks for.

    A shape is one word per axis, such as ``"B 2 H W"``. A number is a fixed size; a letter is
    bound by the first tensor of the call that has it, and must agree in all later ones.

    - ``"B [T] C H W"``: an axis in brackets may be missing, for all tensors or for none.
    - ``"... C H W"``: any leading axes, the same for all tensors. ``"..."`` alone is any shape.
    - ``"int B 1 H W"``: an integer tensor; ``"any B 1 H W"``: of any dtype. Tensors are
      floating-point otherwise.
    - ``"B 1 H W or None"``: the argument may be None, and is skipped then.

    A message says where bound sizes come from: ``"as image"`` where that argument has the same
    shape, else ``"to fit image"``. A third entry says it otherwise.

    Args:
        function: name of the caller, the first word of the message.
        tensors: value and shape of each argument, and what to say of the shape in its message.

    Raises:
        TypeError: a value is not a tensor, or of another dtype.
        ValueError: a shape does not fit.

    Example:
        >>> image, flow = torch.zeros(2, 3, 64, 96), torch.zeros(2, 2, 64, 64)
        >>> check_shapes("flow_warp", image=(image, "B C H W"), flow=(flow, "B 2 H W"))
        Traceback (most recent call last):
        ValueError: flow_warp: flow must have shape (2, 2, 64, 96) to fit image, got (2, 2, 64, 64)
    """
    sizes: dict[str, tuple[int, ...]] = {}  # of each axis word that is bound
    sources: dict[str, tuple[str, list[str]]] = {}  # the argument that bound it, and its axes
    for argument, (value, line, *note) in tensors.items():
        shape = line.removesuffix(" or None")
        if value is None and shape != line:
            continue
        kind, *axes = shape.split()
        if kind not in ("int", "any"):
            kind, axes = "float", [kind, *axes]
        _check_dtype(value, kind, function, argument)
        bound = _bind(tuple(value.shape), axes, sizes)
        if bound is None:
            raise ValueError(
                f"{function}: {argument} must have shape {_rule(axes, sizes, value.dim())}"
                f"{' ' + note[0] if note else _reason(axes, sources)}, got {tuple(value.shape)}"
            )
        sizes.update(bound)
        sources.update(dict.fromkeys(bound, (argument, axes)))


def check_at_least(function: str, minimum: float, /, **values: float) -> None:
    """Raise ValueError unless every value is at least ``minimum``.

    Example:
        >>> check_at_least("Encoder", 1, in_channels=3, base_channels=0)
        Traceback (most recent call last):
        ValueError: Encoder: base_channels must be at least 1, got 0
    """
    for argument, value in values.items():
        check_positive(value, function, argument, minimum=minimum)


def check_tensor(value: Any, function: str, argument: str) -> None:
    """Raise TypeError unless ``value`` is a tensor."""
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{function}: {argument} must be a torch.Tensor, got {type(value).__name__}"
        )


def check_floating(value: Tensor, function: str, argument: str) -> None:
    """Raise TypeError unless ``value`` is a floating-point tensor."""
    check_tensor(value, function, argument)
    if not value.is_floating_point():
        raise TypeError(
            f"{function}: {argument} must be a floating-point tensor, got {value.dtype}; "
            f"convert it with {argument}.float()"
        )


def check_shape(
    value: Tensor, shape: Sequence[Dim], function: str, argument: str, *, why: str = ""
) -> None:
    """Raise ValueError unless ``value`` has ``shape``.

    Args:
        value: the tensor to check.
        shape: one entry a dimension: an int is a fixed size, a str names a free size.
        function: name of the caller, the first word of the message.
        argument: name of the argument.
        why: where the fixed sizes come from, such as ``"as in image"``.
    """
    check_tensor(value, function, argument)
    fits = value.dim() == len(shape) and all(
        not isinstance(want, int) or want == got
        for want, got in zip(shape, value.shape, strict=False)
    )
    if not fits:
        rule = "(" + ", ".join(str(size) for size in shape) + ")"
        raise ValueError(
            f"{function}: {argument} must have shape {rule}{' ' + why if why else ''}, "
            f"got {tuple(value.shape)}"
        )


def check_choice(value: Any, choices: Sequence[Any], function: str, argument: str) -> None:
    """Raise ValueError unless ``value`` is one of ``choices``."""
    if value not in choices:
        names = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{function}: {argument} must be one of {names}, got {value!r}")


def check_positive(value: float, function: str, argument: str, *, minimum: float = 1) -> None:
    """Raise ValueError unless ``value`` is at least ``minimum``."""
    if value < minimum:
        raise ValueError(f"{function}: {argument} must be at least {minimum}, got {value}")


def check_finite(value: Tensor, function: str, argument: str) -> None:
    """Raise ValueError when ``value`` holds NaN or infinity, and say how many and where."""
    bad = ~torch.isfinite(value)
    if bool(bad.any()):
        where = tuple(int(i) for i in bad.nonzero()[0])
        raise ValueError(
            f"{function}: {argument} has {int(bad.sum())} values that are NaN or infinite "
            f"(the first at index {where})"
        )


def check_frames(
    value: Tensor, function: str, argument: str, *, channels: Dim = "C", video: bool = False
) -> None:
    """Raise unless ``value`` is floating-point and (B, C, H, W).

    Args:
        value: the tensor to check.
        function: name of the caller, the first word of the message.
        argument: name of the argument.
        channels: the number of channels, or a name for a free one.
        video: let (B, T, C, H, W) pass too.
    """
    check_floating(value, function, argument)
    if video and value.dim() == 5:
        check_shape(value, ("B", "T", channels, "H", "W"), function, argument)
    else:
        why = f"or (B, T, {channels}, H, W)" if video else ""
        check_shape(value, ("B", channels, "H", "W"), function, argument, why=why)


def check_like(
    value: Tensor,
    like: Tensor,
    function: str,
    argument: str,
    like_argument: str,
    *,
    channels: int | None = None,
) -> None:
    """Raise unless ``value`` is floating-point and fits ``like``, which is (..., C, H, W).

    Args:
        value: the tensor to check.
        like: the tensor whose shape it must have.
        function: name of the caller, the first word of the message.
        argument: name of the argument.
        like_argument: name of the argument ``like``.
        channels: the number of channels of ``value``, where it is not that of ``like``.
    """
    check_floating(value, function, argument)
    if channels is None:
        check_shape(value, tuple(like.shape), function, argument, why=f"as {like_argument}")
    else:
        shape = (*like.shape[:-3], channels, *like.shape[-2:])
        check_shape(value, shape, function, argument, why=f"to fit {like_argument}")


def _check_dtype(value: Any, kind: str, function: str, argument: str) -> None:
    check_tensor(value, function, argument)
    if kind == "float":
        check_floating(value, function, argument)
    elif kind == "int" and (
        value.is_floating_point() or value.is_complex() or value.dtype == torch.bool
    ):
        raise TypeError(
            f"{function}: {argument} must be an integer tensor, got {value.dtype}; "
            f"convert it with {argument}.long()"
        )


def _bind(
    shape: tuple[int, ...], axes: list[str], sizes: dict[str, tuple[int, ...]]
) -> dict[str, tuple[int, ...]] | None:
    """Return the sizes of the axis words in ``shape``, or None where it does not fit."""
    spare = max(len(shape) - len(axes) + 1, 0)  # sizes that an optional axis or "..." may take
    found: dict[str, tuple[int, ...]] = {}
    start = 0
    for axis in axes:
        if axis.isdigit():
            want: tuple[int, ...] | None = (int(axis),)
        else:
            want = found.get(axis, sizes.get(axis))
        if want is not None:
            count = len(want)
        else:
            count = spare if axis == "..." else min(spare, 1) if axis[0] == "[" else 1
        got = shape[start : start + count]
        if len(got) != count or (want is not None and got != want):
            return None
        if want is None:
            found[axis] = got
        start += count
    return found if start == len(shape) else None


def _rule(axes: list[str], sizes: dict[str, tuple[int, ...]], rank: int) -> str:
    """Write the wanted shape, with numbers where sizes are bound."""
    words: list[str] = []
    for axis in axes:
        words += map(str, sizes[axis]) if axis in sizes else [axis]
    shorter = [word for word in words if word[0] != "["]
    longer = [word.strip("[]") for word in words]
    rules = [longer] if len(shorter) == len(longer) or rank == len(longer) else [shorter, longer]
    return " or ".join(f"({', '.join(rule)})" for rule in rules)


def _reason(axes: list[str], sources: dict[str, tuple[str, list[str]]]) -> str:
    """Name the argument that a shape with ``axes`` has to fit, or nothing for the first one."""
    for axis in axes:
        if axis in sources:
            argument, its_axes = sources[axis]
            return f" as {argument}" if its_axes == axes else f" to fit {argument}"
    return ""
