"""Argument checks whose errors name the function, the argument, the rule and what was got."""

from __future__ import annotations

import warnings
from collections.abc import Sequence, Sized
from typing import Any

import torch
from torch import Tensor

_KINDS = ("int", "uint8", "real", "any")  # of numbers; the word in front of a shape


def check_shapes(function: str, /, **tensors: tuple[Any, ...]) -> None:
    """Raise unless every tensor has the dtype and the shape that its line asks for.

    A shape is one word per axis, such as ``"B 2 H W"``. A number is a fixed size; a letter is
    bound by the first tensor of the call that has it, and must agree in all later ones.

    - ``"B C' H W"``: a size of its own beside C; messages leave out the prime.
    - ``"B [T] C H W"``: an axis in brackets may be missing, for all tensors or for none.
    - ``"... C H W"``: any leading axes, the same for all tensors. ``"..."`` alone is any shape,
      ``""`` a scalar.
    - ``"int B 1 H W"``: an integer tensor; ``"uint8 3 H W"``; ``"real N 2"``: neither bool nor
      complex; ``"any B 1 H W"``: of any dtype. Tensors are floating-point otherwise.
    - ``"B 1 H W or None"``: the argument may be None, and is skipped then.

    A message says where bound sizes come from: ``"as image"`` where that argument has the same
    shape, else ``"to fit image"``. A third entry says it otherwise; a fourth is advice at the end.

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
    for argument, (value, line, *why) in tensors.items():
        shape = line.removesuffix(" or None")
        if value is None and shape != line:
            continue
        axes = shape.split()
        kind = axes.pop(0) if axes and axes[0] in _KINDS else "float"
        _check_dtype(value, kind, function, argument)
        bound = _bind(tuple(value.shape), axes, sizes)
        if bound is None:
            note = f" {why[0]}".replace(" ,", ",") if why else _reason(axes, sources)
            rule = _rule(axes, sizes, value.dim()) + note
            got = "".join((f"{tuple(value.shape)}", *(f"; {advice}" for advice in why[1:])))
            raise ValueError(f"{function}: {argument} must have shape {rule}, got {got}")
        sizes = bound
        sources = dict.fromkeys(axes, (argument, axes)) | sources


def check_maps(
    function: str, x: Any, channels: int | None = None, *, least: int = 0, argument: str = "x"
) -> None:
    """Raise unless x is a floating-point (B, C, H, W) of ``channels``, H and W at least ``least``.

    As `check_shapes`, for layers, where it must cost next to nothing.

    Example:
        >>> check_maps("ReflectConv2d", torch.zeros(3, 8, 8), 3)
        Traceback (most recent call last):
        ValueError: ReflectConv2d: x must have shape (B, 3, H, W), got (3, 8, 8)
    """
    shape: tuple[int, ...] = x.shape if isinstance(x, Tensor) and x.is_floating_point() else ()
    if len(shape) != 4 or (channels is not None and shape[1] != channels):
        check_shapes(function, **{argument: (x, f"B {channels or 'C'} H W")})
    if shape[2] < least or shape[3] < least:
        got = f"{shape[2]}x{shape[3]} (HxW)"
        raise ValueError(f"{function}: {argument} must be at least {least}x{least}, got {got}")


def check_not_empty(function: str, /, **tensors: Tensor | None) -> None:
    """Raise ValueError if a tensor holds no number, of which a mean would be NaN.

    Example:
        >>> check_not_empty("masked_l1", input=torch.zeros(0, 3, 4, 6))
        Traceback (most recent call last):
        ValueError: masked_l1: input must hold at least one number, got shape (0, 3, 4, 6)
    """
    for argument, value in tensors.items():
        if value is not None and value.numel() == 0:
            rule = f"at least one number, got shape {tuple(value.shape)}"
            raise ValueError(f"{function}: {argument} must hold {rule}")


def check_at_least(function: str, minimum: float, /, **values: float | None) -> None:
    """Raise ValueError unless every value is at least ``minimum``, or None.

    Example:
        >>> check_at_least("Encoder", 1, in_channels=3, base_channels=0)
        Traceback (most recent call last):
        ValueError: Encoder: base_channels must be at least 1, got 0
    """
    for argument, value in values.items():
        if value is not None and value < minimum:
            raise ValueError(f"{function}: {argument} must be at least {minimum}, got {value}")


def check_same_length(function: str, item: str, /, **sequences: Sized) -> None:
    """Raise ValueError unless all sequences hold as many items as the first, at least one.

    Example:
        >>> check_same_length("Loss", "scale", fake=[1, 2], real=[1])
        Traceback (most recent call last):
        ValueError: Loss: real must hold as many scales as fake, 2, got 1
    """
    first, number = "", 0
    for argument, values in sequences.items():
        if len(values) == 0:
            raise ValueError(f"{function}: {argument} must hold at least one {item}, got none")
        first, number = first or argument, number or len(values)
        if len(values) != number:
            rule = f"as many {item}s as {first}, {number}"
            raise ValueError(f"{function}: {argument} must hold {rule}, got {len(values)}")


def check_choice(value: Any, choices: Sequence[Any], function: str, argument: str) -> None:
    """Raise ValueError unless ``value`` is one of ``choices``."""
    if value not in choices:
        names = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{function}: {argument} must be one of {names}, got {value!r}")


def check_finite(value: Tensor, function: str, argument: str) -> None:
    """Raise ValueError if ``value`` contains NaN or infinity; the text says how many and where."""
    bad = ~torch.isfinite(value)
    if bool(bad.any()):
        where = tuple(int(i) for i in bad.nonzero()[0])
        raise ValueError(
            f"{function}: {argument} has {int(bad.sum())} values that are NaN or infinite "
            f"(the first at index {where})"
        )


def check_signed_range(function: str, /, **images: tuple[Tensor, float]) -> None:
    """Raise ValueError if images cannot be RGB in [-1, 1]; warn if they may be in [0, 1].

    Images in [0, 1] are those that all reach from nearly 0 to nearly 1. Other images without any
    negative value may be bright, so that they only give a warning. The check synchronizes with the
    device, and is left out where the caller is compiled.

    Args:
        function: name of the caller, the first word of the message.
        images: value of each argument, (..., C, H, W), and how far from 0 it may be.
    """
    if torch.compiler.is_compiling() or any(not value.numel() for value, _ in images.values()):
        return
    names = " and ".join(images)
    lows: list[Tensor] = []
    highs: list[Tensor] = []
    for argument, (value, limit) in images.items():
        flat = value.detach().flatten(0, -4).flatten(1)
        low, high = (ends.float().cpu() for ends in flat.aminmax(dim=1))
        lows, highs = [*lows, low], [*highs, high]
        if float(torch.maximum(-low, high).max()) > limit:
            got = f"{float(low.min()):.4g} to {float(high.max()):.4g}"
            raise ValueError(f"{function}: {argument} must be RGB in [-1, 1], got values {got}")
    low, high = torch.cat(lows), torch.cat(highs)
    if not bool((low >= 0).all()) or float(high.max()) == 0:
        return
    text = f"{function}: {names} must be RGB in [-1, 1], "
    if bool(((low <= 0.05) & (high >= 0.95) & (high <= 1)).all()):
        raise ValueError(f"{text}got every image in [0, 1]; scale them with 2 * x - 1")
    rest = "and hold no negative value; if they are in [0, 1], scale them with 2 * x - 1"
    warnings.warn(text + rest, UserWarning, stacklevel=3)


def _check_dtype(value: Any, kind: str, function: str, argument: str) -> None:
    if not isinstance(value, Tensor):
        got = type(value).__name__
        raise TypeError(f"{function}: {argument} must be a torch.Tensor, got {got}")
    is_real = not value.is_complex() and value.dtype != torch.bool
    fits, rule, repair = {
        "float": (value.is_floating_point(), "a floating-point tensor", "float"),
        "int": (is_real and not value.is_floating_point(), "an integer tensor", "long"),
        "uint8": (value.dtype == torch.uint8, "uint8", ""),
        "real": (is_real, "real numbers", ""),
        "any": (True, "", ""),
    }[kind]
    if not fits:
        advice = f"; convert it with {argument}.{repair}()" if repair else ""
        raise TypeError(f"{function}: {argument} must be {rule}, got {value.dtype}{advice}")


def _bind(
    shape: tuple[int, ...], axes: list[str], sizes: dict[str, tuple[int, ...]]
) -> dict[str, tuple[int, ...]] | None:
    """Return ``sizes`` with those of new axis words in ``shape``, or None where it does not fit."""
    bound = sizes | {axis: (int(axis),) for axis in axes if axis.isdigit()}
    spare = max(len(shape) - len(axes) + 1, 0)  # sizes that an optional axis or "..." may take
    counts = {".": spare, "[": min(spare, 1)}
    start = 0
    for axis in axes:
        count = len(bound[axis]) if axis in bound else counts.get(axis[0], 1)
        got = shape[start : start + count]
        if len(got) != count or bound.setdefault(axis, got) != got:
            return None
        start += count
    return bound if start == len(shape) else None


def _rule(axes: list[str], sizes: dict[str, tuple[int, ...]], rank: int) -> str:
    """Write the wanted shape, with numbers where sizes are bound."""
    words: list[str] = []
    for axis in axes:
        words += map(str, sizes[axis]) if axis in sizes else [axis.rstrip("'")]
    shorter = [word for word in words if word[0] != "["]
    longer = [word.strip("[]") for word in words]
    rules = [longer] if len(shorter) == len(longer) or rank == len(longer) else [shorter, longer]
    return " or ".join(f"({', '.join(rule)})" for rule in rules)


def _reason(axes: list[str], sources: dict[str, tuple[str, list[str]]]) -> str:
    """Name the argument that a shape with ``axes`` has to fit, or nothing for the first one."""
    for axis in axes:
        if axis in sources and not axis.isdigit():
            argument, its_axes = sources[axis]
            return f" as {argument}" if its_axes == axes else f" to fit {argument}"
    return ""
