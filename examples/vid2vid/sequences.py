"""One sequence of a prepared data folder, read frame by frame for generation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from examples.vid2vid.config import TrainConfig
from examples.vid2vid.task import ConditionMaps, Driver, Edit, Task
from vidgan.video import read_frame, to_float

Styler = Callable[[Tensor, Tensor], Tensor]
"""From labels and instances, (1, 1, H, W), to a feature map (1, F, H, W)."""


class DrivingSequence:
    """Reads the condition maps of a sequence, and its real frames where available.

    Nothing is cached: a sequence of any length takes the memory of one frame.

    Args:
        task: bound to the prepared folder, whose ``images`` may be missing or incomplete.
        name: name of the sequence; None takes the only one.
        driver: annotations of another video, used in place of the folder's own; real frames are
            then unknown, since those of the folder do not belong to them.
        edit: edits annotations, such as replacing classes; it is called with the annotations of
            some frames and the indices of these frames.

    Raises:
        FileNotFoundError: the folder has no annotations.
        ValueError: the sequence does not exist, was not named although there are several, or its
            annotations are not one file per frame.
    """

    def __init__(
        self,
        task: Task,
        name: str | None = None,
        *,
        driver: Driver | None = None,
        edit: Edit | None = None,
    ) -> None:
        self.task, self.data = task, task.data
        self.fps = (driver.fps if driver else 0.0) or task.data.fps  # a camera has no rate
        self.streams = task.streams() if driver is None else driver.streams
        lengths: Mapping[str, int] = task.data.sequences
        if driver is not None:
            lengths = next(iter(driver.streams.values())).sequences()
        listed = f"{', '.join([*lengths][:5])}{', ...' if len(lengths) > 5 else ''}"
        if name is None and len(lengths) != 1:
            raise ValueError(
                f"{self.data.path} has {len(lengths)} sequences; name one with --sequence: {listed}"
            )
        self.name = next(iter(lengths)) if name is None else name
        if self.name not in lengths:
            raise ValueError(f"{self.data.path} has no sequence {self.name!r}; it has {listed}")
        self.length = lengths[self.name]
        self._has_images = driver is None
        self._edit = edit
        for kind, stream in self.streams.items():
            found = stream.sequences().get(self.name, 0)
            if found != self.length:
                raise ValueError(
                    f"{self.data.path / kind / self.name} must contain one file per frame, "
                    f"{self.length} as in dataset.json, got {found}; run prepare again"
                )

    @property
    def has_real_frames(self) -> bool:
        """Whether any real frame is known."""
        folder = self.data.path / "images" / self.name
        return self._has_images and any(folder.glob("*.png"))

    def has_real(self, indices: range) -> bool:
        """Whether all real frames of these indices are known."""
        return all(
            index >= 0 and self._has_images and self._image(index).is_file() for index in indices
        )

    def real_frames(self, indices: range) -> Tensor:
        """Read real frames, (T, 3, H, W) in [-1, 1].

        Raises:
            ValueError: one of them is missing.
        """
        frames = [self.real(index) if index >= 0 else None for index in indices]
        known = [frame for frame in frames if frame is not None]
        if len(known) < len(frames):
            repair = "begin later with --start" if indices.start < 0 else "add the missing ones"
            raise ValueError(
                f"{self.data.path / 'images' / self.name} must contain the real frames "
                f"{indices[0]} to {indices[-1]}, got {len(known)} of {len(frames)}; {repair}"
            )
        return torch.stack(known)

    def annotations(self, indices: range) -> dict[str, Tensor]:
        """Read the annotations of some frames, name -> (T, ...)."""
        annotations = {
            name: torch.stack([stream.load(self.name, index) for index in indices])
            for name, stream in self.streams.items()
        }
        return annotations if self._edit is None else self._edit(annotations, indices)

    def maps(self, indices: range) -> ConditionMaps:
        """Render the condition maps of some frames, with masks, instances and regions."""
        try:
            return self.task.draw(self.annotations(indices))
        except ValueError as error:
            frames = f"frames {indices[0]} to {indices[-1]}"
            if len(indices) == 1:
                frames = f"frame {indices[0]}"
            what = " and ".join(self.streams)
            raise ValueError(f"{what} of {frames} of {self.name!r}: {error}") from error

    def styled_maps(self, indices: range, styler: Styler | None) -> ConditionMaps:
        """Render the condition maps of some frames, with instance features if any."""
        maps = self.maps(indices)
        if styler is None:
            return maps
        labels, instances = self.labels_and_instances(indices)
        features = [styler(*pair) for pair in zip(labels[:, None], instances[:, None], strict=True)]
        return maps._replace(conditions=torch.cat([maps.conditions, torch.cat(features)], 1))

    def visualize(self, condition: Tensor) -> Tensor:
        """Turn the condition maps of a frame, (C, H, W), into an image (3, H, W) in [0, 1]."""
        return self.task.visualize(condition[: self.task.condition_channels])

    def labels_and_instances(self, indices: range) -> tuple[Tensor, Tensor]:
        """Read class ids and instance ids, int64 (T, 1, H, W) each.

        Without labels, as for the parts of a face, instance ids are used as class ids.

        Raises:
            ValueError: the data have no instances.
        """
        instances = self.maps(indices).instances
        if instances is None:
            raise ValueError(
                f"{self.data.path} has no instances to give a style; prepare it with instance ids"
            )
        return self.annotations(indices).get("labels", instances).long(), instances

    def real(self, index: int) -> Tensor | None:
        """Read a real frame, (3, H, W) in [-1, 1]; None if it does not exist."""
        file = self._image(index)
        if not self._has_images or not file.is_file():
            return None
        frame = read_frame(file)
        if tuple(frame.shape[1:]) != self.data.size:
            raise ValueError(
                f"{file} must have the size (H, W) = {self.data.size} of dataset.json, got "
                f"{tuple(frame.shape[1:])}; run prepare again"
            )
        return to_float(frame)

    def _image(self, index: int) -> Path:
        return self.data.path / "images" / self.name / f"{index:05d}.png"


def frame_range(
    sequence: DrivingSequence,
    config: TrainConfig,
    start: int | None = None,
    frames: int | None = None,
    *,
    is_given: bool = True,
) -> tuple[int, int]:
    """Determine which frames to generate.

    Args:
        sequence: the sequence to generate.
        config: configuration of the run.
        start: the first frame; None takes the first that the run was not trained on, or the
            first that has L frames before it. Without given frames it is 0.
        frames: number of frames; None continues to the end.
        is_given: whether the past frames are real ones of this sequence, if it has any.

    Returns:
        The first frame and the number of frames.

    Raises:
        ValueError: the sequence does not have these frames.
    """
    given = config.model.past_frames if is_given and sequence.has_real_frames else 0
    if start is None:
        start = given
        trained = config.num_train_frames or sequence.length  # None: all
        if given and given <= trained < sequence.length:
            start = trained
    count = sequence.length - start if frames is None else frames
    if not given <= start < sequence.length or count < 1 or start + count > sequence.length:
        first = min(max(start, given), sequence.length - 1)
        most = sequence.length - first
        repair = f"use --start {first} and --frames {min(max(count, 1), most)}"
        if most < 1 or first < given:
            repair = "choose a longer sequence"
        raise ValueError(
            f"sequence {sequence.name!r} has the frames 0 to {sequence.length - 1}"
            + (f", the first {given} of which must be given" if given else "")
            + f"; cannot generate {count} frames from frame {start} on; {repair}"
        )
    return start, count
