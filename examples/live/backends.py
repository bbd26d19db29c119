"""What computes the frames behind the page: PyTorch, or ONNX Runtime with an exported model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from examples.live.places import Place
from examples.vid2vid.players import open_player, read_card
from examples.vid2vid.runs import Run, load_run
from examples.vid2vid.task import Task
from vidgan.extras import import_extra
from vidgan.functional import average_pyramid
from vidgan.outputs import FrameOutput

Backend = Literal["torch", "onnx"]
ONNX = "onnx"  # the folder of an exported model, below that of its run


class Studio(NamedTuple):
    """A trained run, ready to generate, and the data it is shown on; visitors share it.

    Attributes:
        task: bound to the data folder.
        trained: the run.
        generator: what generates the frames, as `StreamingGenerator` takes it.
    """

    task: Task
    trained: Run
    generator: nn.Module


class ExportedGenerator(nn.Module):
    """Generates frames with an exported step, in place of the generator that was exported.

    Args:
        model: the file, with its card beside it.
    """

    def __init__(self, model: Path) -> None:
        super().__init__()
        self.card = read_card(model)
        self.past_frames = int(self.card["past_frames"])
        self.has_foreground = "foreground_mask" in self.card["inputs"]
        self._play = open_player(model)
        self._nowhere = nn.Parameter(torch.empty(0), requires_grad=False)  # is on the CPU

    def forward(
        self,
        conditions: Tensor,
        past: Tensor,
        *,
        foreground_mask: Tensor | None = None,
        hallucinate_only: bool = False,
        coarser_past: tuple[Tensor, ...] = (),
    ) -> FrameOutput:
        """Generate a frame; arguments and result as of `CompositeGenerator`, without its parts.

        Raises:
            ValueError: the model was exported for other condition maps, or does not divide the
                size.
        """
        channels, multiple = (self.card[name] for name in ("condition_channels", "size_multiple"))
        size = tuple(conditions.shape[-2:])
        if conditions.shape[2] != channels or any(side % multiple for side in size):
            raise ValueError(
                f"the exported model takes {channels} condition maps with height and width "
                f"multiples of {multiple}, got {conditions.shape[2]} of {size[0]}x{size[1]} (HxW)"
            )
        values: dict[str, Any] = {
            "condition": conditions[:, -1],
            "past_frames": past,
            "past_conditions": conditions[:, :-1],
            "first": torch.full((len(past),), float(hallucinate_only)),
            "foreground_mask": foreground_mask,
        }
        scales = 1 + sum(name.startswith("coarser_") for name in self.card["inputs"])
        coarser = (
            coarser_past or average_pyramid(past, scales)[1:]
        )  # given frames have none of their own
        values |= {f"coarser_{level}": each for level, each in enumerate(coarser, 1)}
        outputs = self._play([values[name].float() for name in self.card["inputs"]])
        named = dict(zip(self.card["outputs"], outputs, strict=True))
        frames = [value[:, -1] for name, value in named.items() if name.startswith("next_coarser_")]
        return FrameOutput(named["frame"], named["frame"], coarser=tuple(frames))


def open_studio(task: type[Task], place: Place, backend: Backend) -> Studio:
    """Load a run, with what computes its frames.

    For ONNX Runtime the run is exported into its folder ``onnx``, where it is not yet.

    Raises:
        ValueError: the run does not fit the data, or its exported model is of another run.
        ImportError: the extra ``export`` is missing.
    """
    bound = task.open(place.data)
    trained = load_run(place.run, bound)
    if backend == "torch":
        return Studio(bound, trained, trained.generator)
    import_extra("onnxruntime", "export")
    model = trained.folder / ONNX / "model.onnx"
    if not model.is_file():
        _export(bound, place, model)
    generator = ExportedGenerator(model)
    _check_card(generator.card, model, bound, trained)
    return Studio(bound, trained, generator)


def _export(task: Task, place: Place, model: Path) -> None:
    from examples.vid2vid.export_step import export_step

    import_extra("onnxscript", "export")
    print(f"note: {place.run} is exported to {model}", file=sys.stderr)
    options: dict[str, Any] = {"weights": "averaged", "opset": 20, "overwrite": False}
    export_step(task, place.run, model.parent, "onnx", **options)


def _check_card(card: dict[str, Any], model: Path, task: Task, trained: Run) -> None:
    features = trained.config.model.feature_channels
    wanted = {
        "task": task.name,
        "condition_channels": task.condition_channels + features,
        "past_frames": trained.config.model.past_frames,
        "steps": trained.step,
    }
    wrong = [name for name, value in wanted.items() if card.get(name) != value]
    if wrong:
        differ = ", ".join(f"{name} {card.get(name)} in place of {wanted[name]}" for name in wrong)
        raise ValueError(
            f"{model} was not exported from {trained.checkpoint} for {task.data.path}: it has "
            f"{differ}; remove {model.parent}, and it is exported again"
        )
    multiple = card["size_multiple"]
    if any(side % multiple for side in task.data.size):
        raise ValueError(
            f"{model} takes frames whose height and width are multiples of {multiple}, and those "
            f"of {task.data.path} are {task.data.size[0]}x{task.data.size[1]} (HxW): prepare them "
            "again at another size"
        )
