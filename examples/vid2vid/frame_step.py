"""One step of a generator as a program of tensors only, which other runtimes can play."""

from __future__ import annotations

import io
import logging
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from examples.vid2vid.networks import VideoGenerator
from vidgan.extras import import_extra
from vidgan.functional import average_pyramid
from vidgan.generators import CompositeGenerator

Format = Literal["onnx", "pt2"]
OPSETS = range(18, 24)
"""The versions of the ONNX operators that can be written."""


class FrameStep(nn.Module):
    """Generates a frame from tensors, and returns the state of the next step as tensors.

    Args:
        generator: in eval mode.
    """

    def __init__(self, generator: VideoGenerator) -> None:
        super().__init__()
        self.generator = generator
        first = generator if isinstance(generator, CompositeGenerator) else generator.generators[0]
        self.has_foreground = isinstance(first, CompositeGenerator) and bool(first.foreground)
        self.num_scales = getattr(generator, "num_scales", 1)

    @property
    def input_names(self) -> list[str]:
        """Names of the inputs, in their order; the outputs are the same state after the step."""
        optional = [] if self.num_scales > 1 else ["first"]
        optional += ["foreground_mask"] if self.has_foreground else []
        coarser = [f"coarser_{level}" for level in range(1, self.num_scales)]
        return ["condition", "past_frames", "past_conditions", *coarser, *optional]

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs: the frame, and the state under the names of the inputs."""
        names = ["past_frames", "past_conditions"]
        names += [f"coarser_{level}" for level in range(1, self.num_scales)]
        return ["frame", *(f"next_{name}" for name in names)]

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Generate a frame; the tensors are those of ``input_names``."""
        given = dict(zip(self.input_names, inputs, strict=True))
        past, maps = given["past_frames"], given["past_conditions"]
        window = torch.cat([maps, given["condition"].unsqueeze(1)], 1)  # (B, L+1, C, H, W)
        options: dict[str, Any] = {}
        coarser = [given[f"coarser_{level}"] for level in range(1, self.num_scales)]
        if coarser:
            options["coarser_past"] = coarser
        if self.has_foreground:
            options["foreground_mask"] = given["foreground_mask"]
        output = self.generator(window, past, **options)
        frame = output.frame
        if "first" in given:
            # a number and no option of the call: the program has one path
            is_first = given["first"].view(-1, 1, 1, 1) > 0.5
            frame = torch.where(is_first, output.hallucinated, frame)
        moved = [_shift(*pair) for pair in zip(coarser, output.coarser, strict=True)]
        return frame, _shift(past, frame), window[:, 1:].clone(), *moved


class Start(NamedTuple):
    """The state before the first frame.

    Attributes:
        past_frames: (1, L, 3, H, W).
        past_conditions: (1, L, C, H, W).
        is_first: whether there is nothing to warp yet.
    """

    past_frames: Tensor
    past_conditions: Tensor
    is_first: bool


def stream_inputs(
    step: FrameStep, start: Start, condition: Tensor, mask: Tensor | None
) -> list[Tensor]:
    """Return the inputs of the first step, in the order of ``input_names``."""
    pyramid = average_pyramid(start.past_frames, step.num_scales)
    values = {
        "condition": condition,
        "past_frames": start.past_frames,
        "past_conditions": start.past_conditions,
        "first": torch.full((len(condition),), float(start.is_first)),
        "foreground_mask": mask,
    }
    values |= {f"coarser_{level}": frames for level, frames in enumerate(pyramid) if level}
    inputs = [values[name] for name in step.input_names]
    return [each for each in inputs if each is not None]


def write_step(
    step: FrameStep, inputs: list[Tensor], path: Path, kind: Format, multiple: int, opset: int
) -> None:
    """Trace a step with free batch and size, and write it.

    Args:
        step: the step, on the CPU.
        inputs: of one frame, as from `stream_inputs`.
        path: the file to write.
        kind: an ONNX model, or a program of torch.export.
        multiple: what height and width are multiples of.
        opset: version of the ONNX operators.

    Raises:
        ValueError: the version of the operators is not among `OPSETS`.
    """
    if kind == "onnx":
        if opset not in OPSETS:
            rule = f"opset must be one of {OPSETS[0]} to {OPSETS[-1]}"
            raise ValueError(f"export: {rule}, got {opset}; leave out --opset")
        import_extra("onnxscript", "export")
    # a batch of one would be taken for a constant
    example = tuple(each.expand(2, *each.shape[1:]).clone() for each in inputs)
    names = step.input_names
    axes = _dynamic_axes(names, example, multiple)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), torch.no_grad():
        warnings.simplefilter("ignore")  # of the exporter's own deprecations
        program = torch.export.export(step, example, dynamic_shapes=(axes,))
        if kind == "pt2":
            torch.export.save(program, path)
            return
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        onnx = torch.onnx.export(
            program,
            input_names=names,
            output_names=step.output_names,
            dynamic_shapes=(axes,),
            opset_version=opset,
            verbose=False,
        )
    if onnx is None:
        raise RuntimeError("export: torch.onnx.export returned no program")
    onnx.save(path, external_data=False)


def _dynamic_axes(
    names: list[str], inputs: tuple[Tensor, ...], multiple: int
) -> tuple[dict[int, Any], ...]:
    batch = torch.export.Dim("batch")
    height, width = (torch.export.Dim(name, min=2) for name in ("rows", "columns"))
    axes: list[dict[int, Any]] = []
    for name, value in zip(names, inputs, strict=True):
        level = int(name.rpartition("_")[2]) if name.startswith("coarser_") else 0
        factor = multiple // 2**level
        size = {value.dim() - 2: factor * height, value.dim() - 1: factor * width}
        axes.append({0: batch} | (size if value.dim() > 1 else {}))
    return tuple(axes)


def _shift(past: Tensor, newest: Tensor) -> Tensor:
    return torch.cat([past[:, 1:], newest.unsqueeze(1)], 1)
