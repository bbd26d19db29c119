"""Exports the step of a run for other runtimes, and compares it with PyTorch on real frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from examples.vid2vid.first_frames import Start as FirstFrames
from examples.vid2vid.first_frames import start_video
from examples.vid2vid.frame_step import Format, FrameStep, Start, stream_inputs, write_step
from examples.vid2vid.model_card import Parity, write_card
from examples.vid2vid.networks import FrameByFrame
from examples.vid2vid.players import Player, open_player
from examples.vid2vid.runs import Run, Weights, load_run
from examples.vid2vid.sequences import DrivingSequence, Styler
from examples.vid2vid.styles import build_styler
from examples.vid2vid.task import Task
from vidgan.files import atomic_entries

FRAMES = 30
TOLERANCE = 1e-3


class StepReport(NamedTuple):
    """The model that was written, and what it was compared at: the traced size, another."""

    model: Path
    parities: tuple[Parity, Parity]


def export_step(
    task: Task, run: Path, out: Path, kind: Format, *, weights: Weights, opset: int, overwrite: bool
) -> StepReport:
    """Write the step of a run as ``model.onnx`` or ``model.pt2``, with its card.

    Args:
        task: bound to the data folder whose frames the model is compared on.
        run: the folder of the run, or a checkpoint file.
        out: the folder to write into.
        kind: the format.
        weights: those averaged over the training, or the last ones.
        opset: version of the ONNX operators.
        overwrite: replace what was written there before.

    Raises:
        ValueError: the run is of a frame-by-frame baseline, does not fit the data, or the model
            does not compute what PyTorch computes.
    """
    trained = load_run(run, task, weights=weights)
    generator = trained.generator.cpu()
    if not trained.config.model.recurrent or isinstance(generator, FrameByFrame):
        raise ValueError(f"export: {run} is of a frame-by-frame baseline; export its video run")
    step = FrameStep(generator).eval()
    sequence = DrivingSequence(task, sorted(task.data.sequences)[0])
    start, styler = _start(trained, sequence)
    is_first = not start.given
    maps = sequence.styled_maps(range(_begin(trained, sequence), sequence.length), styler)
    condition = maps.conditions[:1]
    if is_first:
        past = torch.zeros(1, generator.past_frames, 3, *condition.shape[-2:])
        conditions = condition[:, None].expand(-1, generator.past_frames, -1, -1, -1)
    else:
        past, conditions = start.given
    state = Start(past, conditions, is_first)
    names = [f"model.{kind}", "model.json", "model.md"]
    with atomic_entries(out, names, command="export", overwrite=overwrite) as temporary:
        model = temporary / names[0]
        mask = None if maps.foreground_masks is None else maps.foreground_masks[:1]
        inputs = stream_inputs(step, state, condition, mask)
        multiple = _multiple(step)
        write_step(step, inputs, model, kind, multiple, opset)
        player = open_player(model)
        sizes = [task.data.size, tuple(side + 2 * multiple for side in task.data.size)]
        parities = [
            Parity(size, _difference(step, player, state, sequence, styler, trained, size))
            for size in sizes
        ]
        worst = max(parities, key=lambda parity: parity.difference)
        if not worst.difference <= TOLERANCE:
            raise ValueError(
                f"export: the {kind} model must be within {TOLERANCE:g} of PyTorch, got "
                f"{worst.difference:.2g} at {worst.size[0]}x{worst.size[1]}; use another --format"
            )
        write_card(temporary, step, trained, task, kind, multiple, parities)
    return StepReport(out / names[0], (parities[0], parities[1]))


def _begin(trained: Run, sequence: DrivingSequence) -> int:
    return min(trained.config.model.past_frames, sequence.length - 1)


def _start(trained: Run, sequence: DrivingSequence) -> tuple[FirstFrames, Styler | None]:
    begin = _begin(trained, sequence)
    styler = build_styler(trained, None, sequence, begin - 1)
    first = start_video(sequence, begin, trained.config.model.past_frames, styler=styler)
    return first, styler


def _multiple(step: FrameStep) -> int:
    generator = step.generator
    encoder = getattr(generator, "condition_encoder", generator)
    return int(encoder.size_multiple)


def _difference(
    step: FrameStep,
    player: Player,
    state: Start,
    sequence: DrivingSequence,
    styler: Styler | None,
    trained: Run,
    size: tuple[int, ...],
) -> float:
    """Play a stream twice, each from its own frames, and return the largest difference."""
    first = Start(
        _resize(state.past_frames, size), _resize(state.past_conditions, size), state.is_first
    )
    states: list[list[Tensor]] = []
    worst = 0.0
    for condition, mask in _stream(sequence, styler, _begin(trained, sequence)):
        given = [None if each is None else _resize(each, size) for each in (condition, mask)]
        fresh = stream_inputs(step, first, given[0], given[1])
        if not states:
            states = [fresh, fresh]
        else:
            states = [_next(step, fresh, outputs) for outputs in states]
        with torch.no_grad():
            states = [list(step(*states[0])), player(states[1])]
        worst = max(worst, float((states[0][0] - states[1][0]).abs().max()))
    return worst


def _next(step: FrameStep, fresh: list[Tensor], outputs: list[Tensor]) -> list[Tensor]:
    """Return the inputs of the next step: the new condition and mask, and the returned state."""
    returned = dict(zip(step.output_names, outputs, strict=True))
    values = dict(zip(step.input_names, fresh, strict=True))
    if "first" in values:
        values["first"] = torch.zeros_like(values["first"])
    return [returned.get(f"next_{name}", value) for name, value in values.items()]


def _stream(
    sequence: DrivingSequence, styler: Styler | None, begin: int
) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Yield condition maps and foreground masks; a sequence that is too short is repeated."""
    for count in range(FRAMES):
        index = begin + count % (sequence.length - begin)
        maps = sequence.styled_maps(range(index, index + 1), styler)
        yield maps.conditions, maps.foreground_masks


def _resize(maps: Tensor, size: tuple[int, ...]) -> Tensor:
    # nearest: one-hot maps stay one-hot
    flat = F.interpolate(maps.flatten(0, -4), size=size, mode="nearest-exact")
    return flat.reshape(*maps.shape[:-2], *size)
