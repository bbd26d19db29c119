"""From a trained run back to its configuration and generator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar, get_type_hints

import torch
from torch import Tensor

from examples.vid2vid.config import TrainConfig
from examples.vid2vid.data import condition_channels
from examples.vid2vid.networks import (
    FrameByFrame,
    VideoGenerator,
    build_encoder,
    build_generator,
)
from vidgan.checkpoint import load_checkpoint
from vidgan.data import DataFolder
from vidgan.generators import InstanceEncoder

Generator = VideoGenerator | FrameByFrame
Weights = Literal["averaged", "last"]
T = TypeVar("T")


class Run(NamedTuple):
    """A trained run.

    Attributes:
        config: how it was trained.
        generator: in eval mode, frozen, on the GPU where there is one.
        checkpoint: the file that it was read from.
        step: optimizer steps that it was trained for.
        encoder: of instance features, likewise; None where the run has none.
    """

    config: TrainConfig
    generator: Generator
    checkpoint: Path
    step: int
    encoder: InstanceEncoder | None = None


def load_run(path: Path, data: DataFolder, *, weights: Weights = "averaged") -> Run:
    """Load a trained generator for the condition maps of a data folder.

    Args:
        path: the folder of the run, or a checkpoint file.
        data: the prepared folder that will drive it.
        weights: the weights averaged over the training, or the last ones.

    Raises:
        FileNotFoundError: there is no checkpoint.
        ValueError: the file is damaged, no checkpoint of this recipe, of another task, or its
            weights do not fit its configuration and the condition maps.
    """
    if not path.exists():
        raise FileNotFoundError(
            f"load_run: there is no file or folder {path}; give the folder that train wrote"
        )
    checkpoint = path / "checkpoint.pt" if path.is_dir() else path
    if path.is_dir() and not checkpoint.is_file():
        raise FileNotFoundError(f"load_run: {path} is no trained run: it has no checkpoint.pt")
    state = load_checkpoint(checkpoint)
    if missing := [name for name in ("config", "task", "averaged", "states") if name not in state]:
        raise ValueError(
            f"load_run: {checkpoint} is no checkpoint of examples.vid2vid.train: it has no "
            f"{', '.join(map(repr, missing))}"
        )
    if state["task"] != data.task:
        raise ValueError(
            f"load_run: {checkpoint} was trained for the task {state['task']!r}, and {data.path} "
            f"is prepared for {data.task!r}; give data of the same task"
        )
    try:
        config = config_from_json(state["config"])
    except ValueError as error:
        raise ValueError(f"load_run: {checkpoint}: {error}") from error
    generator = build_generator(config.model, condition_channels(data))
    _load_weights(generator, _select(state, weights), checkpoint, data)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    layout = torch.channels_last if config.channels_last else torch.contiguous_format
    generator = generator.to(device).to(memory_format=layout).eval().requires_grad_(False)
    encoder = build_encoder(config.model)
    if encoder is not None:
        encoder.load_state_dict(state["encoder"])
        encoder = encoder.to(device).to(memory_format=layout).eval().requires_grad_(False)
    return Run(config, generator, checkpoint, int(state.get("step", 0)), encoder)


def config_from_json(text: str) -> TrainConfig:
    """Read a configuration written as ``json.dumps(dataclasses.asdict(config))``.

    Raises:
        ValueError: it is no such text, or has settings that this version does not know.
    """
    try:
        values = json.loads(text)
    except (TypeError, ValueError) as error:
        raise ValueError(f"its configuration is unreadable ({error})") from error
    return _from_dict(TrainConfig, values, "")


def _from_dict(cls: type[T], values: Any, where: str) -> T:
    if not isinstance(values, dict):
        raise ValueError(  # noqa: TRY004 - bad input, not a caller's wrong type
            f"its configuration must have a group of settings {where or 'at the top'!r}, got "
            f"{values!r}"
        )
    types = get_type_hints(cls)
    names = {field.name for field in fields(cls)}  # type: ignore[arg-type]
    if unknown := sorted(values.keys() - names):
        raise ValueError(
            f"its configuration has settings that this version does not know: "
            f"{', '.join(where + name for name in unknown)}; use the version that trained it"
        )
    return cls(
        **{
            name: _from_dict(types[name], value, f"{where}{name}.")
            if is_dataclass(types[name])
            else value
            for name, value in values.items()
        }
    )


def _select(state: Mapping[str, Any], weights: Weights) -> Mapping[str, Any]:
    """Pick the weights of the generator out of a checkpoint."""
    if weights == "last":
        last: Mapping[str, Any] = state["states"][0]  # the generator's come first
        return last
    prefix = "module."  # of torch's AveragedModel
    return {
        name.removeprefix(prefix): value
        for name, value in state["averaged"].items()
        if name.startswith(prefix)
    }


def _load_weights(
    generator: Generator, saved: Mapping[str, Any], checkpoint: Path, data: DataFolder
) -> None:
    """Load weights that fit one by one, or say which is the first that does not."""
    needed = generator.state_dict()
    differ = [
        name
        for name in (*needed, *(name for name in saved if name not in needed))
        if _shape(saved, name) != _shape(needed, name)
    ]
    if differ:
        got, want = _shape(saved, differ[0]), _shape(needed, differ[0])
        raise ValueError(
            f"load_run: {checkpoint} does not fit its configuration and the "
            f"{condition_channels(data)} condition maps of task {data.task!r}: {differ[0]} must "
            f"{f'have shape {want}' if want is not None else 'not be there'}, got "
            f"{got if got is not None else 'none'} ({len(differ)} weights differ); "
            "give a run that was trained for this task"
        )
    generator.load_state_dict(saved)


def _shape(state: Mapping[str, Any], name: str) -> tuple[int, ...] | None:
    value = state.get(name)
    return tuple(value.shape) if isinstance(value, Tensor) else None
