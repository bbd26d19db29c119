"""One call of a frame generator, and what is asked of its inputs and of what it returns."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from vidgan._checks import check_shapes
from vidgan.outputs import FrameOutput
from vidgan.rollout._window import append
from vidgan.rollout.state import RolloutState, advanced

# what a rollout passes by itself; other inputs may have any name but these
OWN_INPUTS = ("conditions", "past", "foreground_mask", "hallucinate_only", "coarser_past", "memory")


def step_inputs(
    state: RolloutState, foreground_mask: Tensor | None, hallucinate_only: bool
) -> dict[str, Any]:
    """Return a rollout's own inputs of a step; what is not used is left out, and not needed."""
    own = {
        "foreground_mask": foreground_mask,
        "hallucinate_only": hallucinate_only or None,
        "coarser_past": state.coarser_past or None,
        "memory": state.memory or None,
    }
    return {name: value for name, value in own.items() if value is not None}


def check_names(function: str, **groups: Mapping[Any, Any]) -> None:
    """Raise ValueError if a name is given twice, or is one that a rollout passes by itself."""
    taken = dict.fromkeys(OWN_INPUTS, "an argument of its own")
    for argument, inputs in groups.items():
        for name in inputs:
            if name in taken:
                rule = f"{argument} must not hold {name!r}"
                raise ValueError(f"{function}: {rule}, which is {taken[name]}")
        taken |= dict.fromkeys(inputs, f"in {argument} too")


def check_accepts(function: str, generator: nn.Module, inputs: Mapping[str, Any]) -> None:
    """Raise TypeError unless the generator accepts ``conditions, past, **inputs``."""
    if torch.compiler.is_compiling():
        return
    try:
        signature = inspect.signature(getattr(generator, "forward", generator))
    except (TypeError, ValueError):  # a callable that does not show its arguments
        return
    try:
        signature.bind(None, None, **dict.fromkeys(inputs))
    except TypeError as error:
        call = ", ".join(("conditions", "past", *(f"{name}=" for name in inputs)))
        got = f"{type(generator).__name__}({', '.join(map(str, signature.parameters))})"
        rule = f"the generator must accept the call generator({call})"
        raise TypeError(f"{function}: {rule}, got {got}: {error}") from None


def check_output(function: str, output: Any, past: Tensor) -> None:
    """Raise unless ``output`` is a FrameOutput that can follow ``past``."""
    if not isinstance(output, FrameOutput):
        kind = type(output).__name__
        got = f"a {kind} of {len(output)}" if isinstance(output, tuple | list) else f"a {kind}"
        repair = "return FrameOutput(frame, hallucinated=frame)"
        rule = "the generator must return a vidgan.outputs.FrameOutput"
        raise TypeError(f"{function}: {rule}, got {got}; {repair}")
    check_shapes(
        function,
        past=(past, "B L C H W"),
        **{"the frame that the generator returns": (output.frame, "B C H W", "as in past frames")},
    )
    memory: Any = output.memory
    if not isinstance(memory, tuple) or not all(isinstance(part, Tensor) for part in memory):
        got = type(memory).__name__
        if isinstance(memory, tuple | list):
            got += " of " + ", ".join(type(part).__name__ for part in memory)
        rule = "the memory that the generator returns must be a tuple of tensors"
        raise TypeError(f"{function}: {rule}, got {got}")


def plain_step(
    generator: nn.Module,
    condition: Tensor,
    state: RolloutState,
    inputs: Mapping[str, Any],
    memory_format: torch.memory_format,
) -> tuple[FrameOutput, RolloutState]:
    """Generate the frame of a stream after ``state``, and return it and the state after it."""
    # s_{t-L} ... s_t, (B, L+1, C, H, W), oldest first
    window = append(state.past_conditions, condition, memory_format)
    output: FrameOutput = generator(window, state.past_frames, **inputs)
    check_output("StreamingGenerator.step", output, state.past_frames)
    parts = output.frame, output.coarser, output.memory
    return output, advanced(state, window[:, 1:], *parts)
