"""What a task adds to the recipe: its annotations, and how they become condition maps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from vidgan.data import ClipStream, DataFolder


class Maps(NamedTuple):
    """What is drawn from the annotations of T frames.

    Attributes:
        conditions: condition maps, (T, C, H, W), floating-point.
        foreground_masks: 1 = foreground, (T, 1, H, W), or None.
        instances: instance ids for the feature encoder, int64 (T, 1, H, W), or None.
        regions: a box around the region that a discriminator of its own looks at, such as the
            face: (T, 4), x0, y0, x1, y1 in pixels, NaN where there is none; or None.
    """

    conditions: Tensor
    foreground_masks: Tensor | None = None
    instances: Tensor | None = None
    regions: Tensor | None = None


class Driver(NamedTuple):
    """Annotations of another video, made to fit the target.

    Attributes:
        streams: annotations by name, of one sequence.
        fps: frames a second.
    """

    streams: dict[str, ClipStream]
    fps: float


class Judge(Protocol):
    """Measures of a generated video that only one task has."""

    legend: str
    """What they mean, as lines of a Markdown list."""

    def __call__(self, frames: Tensor, annotations: Mapping[str, Tensor]) -> dict[str, float | int]:
        """Measure generated frames, uint8 (T, 3, H, W), against the annotations that drove them.

        Returns:
            Column of the table -> mean over the frames, NaN where there is none; an int counts
            frames.
        """
        ...


class Task(Protocol):
    """One of the recipe's tasks."""

    name: str
    """As in ``dataset.json``."""

    def condition_channels(self, data: DataFolder) -> int:
        """Say how many channels the condition maps of one frame have."""
        ...

    def streams(self, data: DataFolder) -> dict[str, ClipStream]:
        """Open the annotations of a prepared folder, by name, one entry a frame each."""
        ...

    def draw(
        self,
        annotations: Mapping[str, Tensor],
        data: DataFolder,
        *,
        rng: torch.Generator | None = None,
        jitter: float = 0.0,
    ) -> Maps:
        """Draw T frames of one clip.

        Args:
            annotations: name -> (T, ...), as in ``streams``.
            data: the folder that they are from.
            rng: while training, decides the random changes to the annotations (such as a
                limb left out), alike for all frames of the clip; None makes none.
            jitter: strength of random changes of shape, where the task has any.

        Raises:
            ValueError: the annotations cannot be drawn.
        """
        ...

    def picture(self, condition: Tensor) -> Tensor:
        """Make condition maps (C, H, W) a picture to look at, (3, H, W) in [0, 1]."""
        ...

    def drive(self, source: Path, target: Mapping[str, Tensor], data: DataFolder) -> Driver:
        """Find the motion of another video, and give it the target's shape, size and place.

        Args:
            source: a video file, or a prepared data folder with one sequence.
            target: annotations of the target, (T, ...).
            data: the target's folder.

        Raises:
            ValueError: the task cannot be driven so, or the video does not show what it needs.
        """
        ...

    def judge(self, data: DataFolder, num_train_frames: int | None) -> Judge | None:
        """Build the task's own measures, or None.

        Args:
            data: the folder whose frames are generated.
            num_train_frames: only so many frames at the start of each sequence may be learned from;
                None: all.
        """
        ...


def only_sequence(sequences: Mapping[str, int], source: Path) -> tuple[str, int]:
    """Return name and length of the only sequence of a folder.

    Raises:
        ValueError: it has none or several.
    """
    if len(sequences) != 1:
        raise ValueError(f"{source} must have one sequence to drive with, got {len(sequences)}")
    return next(iter(sequences.items()))
