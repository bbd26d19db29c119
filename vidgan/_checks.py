"""Argument checks whose errors name the function, the argument, the rule and what was got."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

Dim = int | str | None


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
