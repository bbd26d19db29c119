"""Loads the configuration and networks of a trained run, ready to generate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from examples.vid2vid.checkpoint import averaged_weights, find_checkpoint, read_config, read_run
from examples.vid2vid.config import ImageConfig, TrainConfig
from examples.vid2vid.networks import (
    Generator,
    GeneratorBuilder,
    build_encoder,
    build_generator,
    build_image_generator,
)
from examples.vid2vid.run_folder import CHECKPOINTS
from examples.vid2vid.task import Task
from vidgan.generators import InstanceEncoder

Weights = Literal["averaged", "last"]


class Run(NamedTuple):
    """A trained run.

    Attributes:
        config: configuration of the training.
        generator: in eval mode, frozen, on the GPU if available.
        checkpoint: the file that it was read from.
        step: number of optimizer steps that it was trained for.
        encoder: encoder of instance features, in eval mode, frozen; None if the run has none.
    """

    config: TrainConfig
    generator: Generator
    checkpoint: Path
    step: int
    encoder: InstanceEncoder | None = None

    @property
    def folder(self) -> Path:
        """The folder of the run, or that of a checkpoint file that lies elsewhere."""
        parent = self.checkpoint.parent
        return parent.parent if parent.resolve().name == CHECKPOINTS else parent


def load_run(
    path: Path,
    task: Task,
    *,
    weights: Weights = "averaged",
    build: GeneratorBuilder = build_generator,
) -> Run:
    """Load a trained video generator for the condition maps of a data folder.

    Args:
        path: the folder of the run, or a checkpoint file.
        task: the task, bound to the data folder to generate from.
        weights: the weights averaged over the training, or the last ones.
        build: builds the generator, as in the training.

    Raises:
        FileNotFoundError: the checkpoint does not exist.
        ValueError: the file is damaged, is not a checkpoint of a video generator, is of another
            task, or its weights do not fit its configuration and the condition maps.
    """
    checkpoint = find_checkpoint(path, "video")
    saved = read_run(checkpoint, "video")
    _check_task(saved, checkpoint, task)
    config = _config(saved, checkpoint, TrainConfig)
    generator = build(config.model, task.condition_channels, task.num_classes)
    last = saved["modules"]["generator"]
    chosen = last if weights == "last" else averaged_weights(saved)
    _load_weights(generator, chosen, checkpoint, task)
    encoder = build_encoder(config.model)
    if encoder is not None:
        encoder.load_state_dict(saved["modules"]["encoder"])
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    layout = torch.channels_last if config.channels_last else torch.contiguous_format
    for network in (generator, encoder):
        if network is not None:
            network.to(device).to(memory_format=layout).eval().requires_grad_(False)
    return Run(config, generator, checkpoint, int(saved["step"]), encoder)


def load_image_run(path: Path, task: Task) -> nn.Module:
    """Load a trained single-image generator, in eval mode.

    Args:
        path: the run folder, or a checkpoint file.
        task: the task, bound to the data folder to generate from.

    Raises:
        FileNotFoundError: the checkpoint does not exist.
        ValueError: the checkpoint is not of a single-image generator, is of another task, or does
            not fit the condition maps.
    """
    checkpoint = find_checkpoint(path, "image")
    saved = read_run(checkpoint, "image")
    _check_task(saved, checkpoint, task)
    config = _config(saved, checkpoint, ImageConfig)
    generator = build_image_generator(config, task.condition_channels)
    _load_weights(generator, averaged_weights(saved), checkpoint, task)
    return generator.eval().requires_grad_(False)


def _check_task(saved: Mapping[str, Any], checkpoint: Path, task: Task) -> None:
    if saved["task"] != task.name:
        raise ValueError(
            f"load_run: {checkpoint} was trained for the task {saved['task']!r}, and "
            f"{task.data.path} is prepared for {task.name!r}; give data of the same task"
        )


def _config(saved: Mapping[str, Any], checkpoint: Path, kind: type[Any]) -> Any:
    try:
        return read_config(saved["config"], kind)
    except ValueError as error:
        raise ValueError(f"load_run: {checkpoint}: {error}") from error


def _load_weights(
    network: nn.Module, saved: Mapping[str, Any], checkpoint: Path, task: Task
) -> None:
    """Load weights after checking their shapes; the error names the first that differs."""
    needed = network.state_dict()
    differ = [
        name
        for name in (*needed, *(name for name in saved if name not in needed))
        if _shape(saved, name) != _shape(needed, name)
    ]
    if differ:
        got, want = _shape(saved, differ[0]), _shape(needed, differ[0])
        raise ValueError(
            f"load_run: {checkpoint} does not fit its configuration and the "
            f"{task.condition_channels} condition maps of task {task.name!r}: {differ[0]} must "
            f"{f'have shape {want}' if want is not None else 'not be there'}, got "
            f"{got if got is not None else 'none'} ({len(differ)} weights differ); "
            "give a run that was trained for this task"
        )
    network.load_state_dict(saved)


def _shape(state: Mapping[str, Any], name: str) -> tuple[int, ...] | None:
    value = state.get(name)
    return tuple(value.shape) if isinstance(value, Tensor) else None
