"""Where the first frames of a generated video come from."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from examples.vid2vid.runs import load_image_run
from examples.vid2vid.sequences import DrivingSequence, Styler

FirstFrame = Literal["given", "generated", "image"]


class Start(NamedTuple):
    """The first frames of a video.

    Attributes:
        given: past frames (1, L, 3, H, W) and their conditions (1, L, C, H, W), the arguments of
            ``StreamingGenerator.reset``; empty: the generator generates its own.
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
        sequence: the sequence to generate.
        start: the first frame to generate.
        past_frames: L.
        policy: real frames, none, or a frame of a single-image generator.
        given: another sequence to take the L given frames from, and the index of the first.
        image_run: the run of the single-image generator.
        styler: assigns styles to instances.

    Raises:
        ValueError: the frames have another size, or an image run is missing or unexpected.
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
            f"{sequence.data.path}, got {source.data.size}; prepare both at the same size"
        )
    if image_run is not None:
        # The frames before the first are unknown: the first is repeated in their place.
        index = range(start, start + 1)
        generator = load_image_run(image_run, sequence.task)
        with torch.no_grad():
            frame = generator(sequence.maps(index).conditions)
        frames = frame.expand(past_frames, -1, -1, -1)
        conditions = sequence.styled_maps(index, styler).conditions.expand(past_frames, -1, -1, -1)
        return Start((frames[None], conditions[None]))
    if given is None and not sequence.has_real(indices):
        return Start(())
    frames = source.real_frames(indices)
    return Start((frames[None], source.styled_maps(indices, styler).conditions[None]))
