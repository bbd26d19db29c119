"""Where the first frames of a generated video come from."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from examples.vid2vid.data import condition_channels
from examples.vid2vid.sequences import DrivingSequence, Styler
from examples.vid2vid.train_image import ImageTrainConfig, build_image_generator
from vidgan.checkpoint import load_checkpoint
from vidgan.data import DataFolder

FirstFrame = Literal["given", "generated", "image"]


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


class Start(NamedTuple):
    """The first frames of a video.

    Attributes:
        given: past frames (1, L, 3, H, W) and their conditions (1, L, C, H, W), as
            ``StreamingGenerator.reset`` takes them; empty: the generator makes its own.
    """

    given: tuple[Tensor, ...]


def start_video(
    sequence: DrivingSequence,
    start: int,
    past_frames: int,
    *,
    policy: FirstFrame = "given",
    given: tuple[DrivingSequence, int] | None = None,
    image_run: Path | None = None,
    styler: Styler | None = None,
) -> Start:
    """Find the frames that a generator is given before frame ``start``.

    Args:
        sequence: what drives it.
        start: the first frame to generate.
        past_frames: L.
        policy: real frames, none, or those of a single-image generator, which draws what the
            first frame shows.
        given: another sequence, and the index of the first of the L frames in it, to be given.
        image_run: the run of the single-image generator.
        styler: gives instances their look.

    Raises:
        ValueError: the frames have another size, or an image run is missing or not wanted.
    """
    if (policy == "image") != (image_run is not None):
        raise ValueError("--first-frame image and --image-run RUN belong together: give both")
    if policy == "generated":
        return Start(())
    source, indices = (sequence, range(start - past_frames, start))
    if given is not None:
        source, indices = given[0], range(given[1], given[1] + past_frames)
    if source.data.size != sequence.data.size:
        raise ValueError(
            f"{source.data.path} must have frames of the size (H, W) = {sequence.data.size} of "
            f"{sequence.data.path}, got {source.data.size}; prepare both with the same --size"
        )
    if image_run is not None:
        # The frames before the first are not known: the first stands for them.
        index = range(start, start + 1)
        generator = load_image_generator(image_run, sequence.data)
        with torch.no_grad():
            frame = generator(sequence.maps(index).conditions)
        frames = frame.expand(past_frames, -1, -1, -1)
        conditions = sequence.styled_maps(index, styler).conditions.expand(past_frames, -1, -1, -1)
        return Start((frames[None], conditions[None]))
    if given is None and not sequence.has_real(indices):
        return Start(())
    frames = source.real_frames(indices)
    return Start((frames[None], source.styled_maps(indices, styler).conditions[None]))
