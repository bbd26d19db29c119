"""Checks that the generators share: of the parts they are built from, and of their inputs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Protocol

from torch import Tensor

from vidgan._checks import check_shapes
from vidgan.generators.branches import FlowBranch


class _Window(Protocol):
    past_frames: int
    condition_channels: int
    image_channels: int


def check_window(
    function: str, generator: _Window, conditions: Tensor, mask: Tensor | None, /, **past: Tensor
) -> None:
    """Raise unless the conditions, mask and past frames of a frame fit ``generator``.

    Args:
        function: name of the caller, the first word of the message.
        generator: the frame generator that they are given to.
        conditions: must be (B, L+1, C, H, W).
        mask: the foreground mask, must be (B, 1, H, W) or None.
        past: each must be (B, L, 3, H, W).
    """
    length, maps = generator.past_frames, generator.condition_channels
    shape = f"B {length} {generator.image_channels} H W"
    check_shapes(
        function,
        conditions=(conditions, f"B {length + 1} {maps} H W", f"for past_frames = {length}"),
        **{name: (frames, shape, "as in conditions") for name, frames in past.items()},
        foreground_mask=(mask, "B 1 H W or None", "as in conditions"),
    )


def check_given(
    function: str, argument: str, value: Tensor | None, shape: str, has: str, *, wanted: bool
) -> None:
    """Raise ValueError unless an optional input is given exactly when it is wanted.

    Args:
        function: name of the caller, the first word of the message.
        argument: name of the input.
        value: the input, or None.
        shape: the shape that it must have.
        has: the property of the generator that decides, such as ``"no foreground part"``.
        wanted: whether it must be given; it must be None otherwise.
    """
    if wanted != (value is not None):
        rule = f"given, {shape}" if wanted else "None"
        raise ValueError(f"{function}: {argument} must be {rule}, since this generator has {has}")


def check_flow(
    function: str,
    branch: FlowBranch | None,
    conditions: Tensor,
    flow: Tensor | None,
    confidence: Tensor | None,
) -> None:
    """Raise unless a given flow fits the conditions, and is given exactly where it is needed."""
    check_shapes(
        function,
        conditions=(conditions, "B T C H W"),
        flow=(flow, "B 2 H W or None", "as in conditions"),
        flow_confidence=(confidence, "B 1 H W or None", "as in conditions"),
    )
    if branch is None and flow is not None:
        check_given(function, "flow", flow, "(B, 2, H, W)", "no flow branch", wanted=False)
    if branch is not None and branch.flow_head is None:
        check_given(function, "flow", flow, "(B, 2, H, W)", "no flow head", wanted=True)
    if flow is None and confidence is not None:
        raise ValueError(f"{function}: flow_confidence is that of a given flow, and flow is None")


def check_equal(function: str, argument: str, got: object, want: object, why: str) -> None:
    """Raise ValueError unless ``got`` equals ``want``.

    Args:
        function: name of the caller, the first word of the message.
        argument: what must be equal, such as ``"decoder.in_channels"``.
        got: its value.
        want: the value that it must have.
        why: where that value comes from, such as ``" as in generators[0]"``.
    """
    if got != want:
        raise ValueError(f"{function}: {argument} must be {want}{why}, got {got}")


def check_same(function: str, attributes: Sequence[str], /, **parts: object) -> None:
    """Raise ValueError unless all parts of a generator have the first one's ``attributes``."""
    first = next(iter(parts))
    for (name, part), attribute in product(parts.items(), attributes):
        got, want = getattr(part, attribute), getattr(parts[first], attribute)
        check_equal(function, f"{name}.{attribute}", got, want, f" as in {first}")
