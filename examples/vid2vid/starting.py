"""Where the first frames of a generated video come from."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from examples.vid2vid.data import condition_channels
from examples.vid2vid.train_image import ImageTrainConfig, build_image_generator
from vidgan.checkpoint import load_checkpoint
from vidgan.video import DataFolder

FirstFrame = Literal["given", "own", "image"]


def load_image_generator(path: Path, data: DataFolder) -> nn.Module:
    """Load what ``train_image`` trained, in eval mode.

    Args:
        path: the run folder.
        data: the folder whose condition maps it is to draw from.

    Raises:
        FileNotFoundError: there is no checkpoint.
        ValueError: it is none of ``train_image``, of another task, or does not fit the data.
    """
    checkpoint = path / "checkpoint.pt" if path.is_dir() else path
    if not checkpoint.is_file():
        raise FileNotFoundError(f"{path} is no trained run: it has no checkpoint.pt")
    saved = load_checkpoint(checkpoint)
    if "single_image" not in saved:
        raise ValueError(
            f"{checkpoint} is no single-image run; train one with examples.vid2vid.train_image"
        )
    if saved["task"] != data.task:
        raise ValueError(
            f"{checkpoint} was trained for the task {saved['task']!r}, and {data.path} is prepared "
            f"for {data.task!r}"
        )
    known = {field.name for field in fields(ImageTrainConfig)} - {"objective", "data", "out"}
    options = {name: value for name, value in json.loads(saved["config"]).items() if name in known}
    generator = build_image_generator(
        ImageTrainConfig(data.path, path, **options), condition_channels(data)
    )
    want = {name: tuple(value.shape) for name, value in generator.state_dict().items()}
    got = {name: tuple(value.shape) for name, value in saved["single_image"].items()}
    if want != got:
        name = next(name for name in (*want, *got) if want.get(name) != got.get(name))
        raise ValueError(
            f"{checkpoint} does not fit the {condition_channels(data)} condition maps of "
            f"{data.path}: {name} must have shape {want.get(name)}, got {got.get(name)}"
        )
    generator.load_state_dict(saved["single_image"])
    return generator.eval().requires_grad_(False)


@torch.no_grad()
def draw_frames(generator: nn.Module, conditions: Tensor) -> Tensor:
    """Draw frames (T, 3, H, W) from condition maps (T, C, H, W), one at a time."""
    return torch.cat([generator(maps[None]) for maps in conditions])
