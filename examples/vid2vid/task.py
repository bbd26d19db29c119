"""The interface of a task: its annotations, condition maps, presets and metrics."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor

from examples.vid2vid.config import TrainConfig
from examples.vid2vid.settings import SETTINGS
from vidgan.data import ClipStream, DataFolder, open_data_folder

if TYPE_CHECKING:
    from examples.vid2vid.live_source import LiveSource

Edit = Callable[[dict[str, Tensor], range], dict[str, Tensor]]
"""Maps the annotations of some frames, and the frames' indices, to edited annotations."""
TaskT = TypeVar("TaskT", bound="Task")


class ConditionMaps(NamedTuple):
    """Everything rendered from the annotations of T frames.

    Attributes:
        conditions: condition maps, (T, C, H, W), floating-point.
        foreground_masks: 1 = foreground, (T, 1, H, W), or None.
        instances: instance ids for the feature encoder, int64 (T, 1, H, W), or None.
        regions: box (x0, y0, x1, y1) of what the region discriminator sees, (T, 4), or None.
    """

    conditions: Tensor
    foreground_masks: Tensor | None = None
    instances: Tensor | None = None
    regions: Tensor | None = None


class Driver(NamedTuple):
    """Annotations of another video, fitted to the target.

    Attributes:
        streams: annotations by name, of one sequence.
        fps: frames per second; 0 is that of the target.
    """

    streams: dict[str, ClipStream]
    fps: float


class Preset(NamedTuple):
    """A named setting of a task, for one frame size.

    Attributes:
        size: (H, W) that it is designed for.
        side: which side of the frames must match ``size``; the other may differ, and ``any``
            leaves both free, as long as the network can divide them.
        condition_channels: channels of the condition maps that it is designed for, used to compute
            its costs.
        config: the configuration.
    """

    size: tuple[int, int]
    side: Literal["width", "height", "any"]
    condition_channels: int
    config: TrainConfig


class TaskMetric(Protocol):
    """Metrics of a generated video that are specific to a task."""

    legend: str
    """Explanation of the metrics, as lines of a Markdown list."""

    def __call__(self, frames: Tensor, annotations: Mapping[str, Tensor]) -> dict[str, float | int]:
        """Compare generated frames, uint8 (T, 3, H, W), with the annotations that drove them.

        Returns:
            Column of the table -> mean over the frames, NaN if undefined; an int is a count of
            frames.
        """
        ...


class Task(ABC):
    """A task of the recipe, bound to one prepared data folder.

    A subclass sets ``name`` and renders condition maps; everything else has a default.

    Args:
        data: description of the prepared folder.
    """

    name: ClassVar[str]
    """Name in ``dataset.json``, and of the package with its command line."""
    presets: ClassVar[Mapping[str, Preset]] = {}
    """Named settings, in addition to those of `examples.vid2vid.settings.SETTINGS`."""

    def __init__(self, data: DataFolder) -> None:
        self.data = data

    @classmethod
    def open(cls: type[TaskT], path: Path) -> TaskT:
        """Bind the task to a prepared folder.

        Raises:
            ValueError: the folder was not prepared for this task.
        """
        data = open_data_folder(path)
        if data.task != cls.name:
            raise ValueError(
                f"{path / 'dataset.json'}: task must be {cls.name!r}, got {data.task!r}; use the "
                "commands of that task"
            )
        return cls(data)

    @classmethod
    def settings(cls) -> dict[str, TrainConfig]:
        """All settings that the task can be trained with, by name."""
        return SETTINGS | {name: preset.config for name, preset in cls.presets.items()}

    def check_setting(self, name: str) -> None:
        """Check that a named setting fits the size of the folder's frames.

        Raises:
            ValueError: it does not; the message lists the settings that fit.
        """
        preset = self.presets.get(name)
        if preset is None or preset.side == "any":
            return
        axis = 1 if preset.side == "width" else 0
        if self.data.size[axis] != preset.size[axis]:
            from examples.vid2vid.networks import fits, nearest_size

            fitting = [
                other
                for other, made in self.presets.items()
                if (made.side == "any" or made.size[axis] == self.data.size[axis])
                and fits(made.config.model, self.data)
            ]
            height, width = self.data.size
            factor = preset.size[axis] / self.data.size[axis]
            size = nearest_size(preset.config.model, (height * factor, width * factor))
            others = f", or use {' or '.join(fitting)}" if fitting else ""
            raise ValueError(
                f"setting {name} is for frames of {preset.side} {preset.size[axis]}, and those of "
                f"{self.data.path} are {height}x{width} (HxW): prepare them again at that "
                f"{preset.side}{others}; "
                f"{size[0]}x{size[1]} fits"
            )

    @property
    @abstractmethod
    def condition_channels(self) -> int:
        """Channels of the condition maps of one frame."""

    @property
    def num_classes(self) -> int:
        """Number of one-hot class maps, the first condition maps; 0 if there are none."""
        return 0

    @abstractmethod
    def streams(self) -> dict[str, ClipStream]:
        """Open the annotations as streams by name, each with one entry per frame."""

    @abstractmethod
    def draw(
        self,
        annotations: Mapping[str, Tensor],
        *,
        rng: torch.Generator | None = None,
        jitter: float = 0.0,
    ) -> ConditionMaps:
        """Render the condition maps of T frames of one clip.

        Args:
            annotations: name -> (T, ...), as in ``streams``.
            rng: of random changes in training, such as a missing limb, the same for all frames of
                the clip; None disables them.
            jitter: strength of random changes of shape, if the task has any.

        Raises:
            ValueError: the annotations cannot be rendered.
        """

    @abstractmethod
    def visualize(self, condition: Tensor) -> Tensor:
        """Turn condition maps (C, H, W) into an image for inspection, (3, H, W) in [0, 1]."""

    def drive(self, source: Path | LiveSource, target: Mapping[str, Tensor]) -> Driver:  # noqa: ARG002
        """Extract the motion of another video, and fit it to the target's shape and position.

        Args:
            source: a video file, a prepared folder with one sequence, or live frames.
            target: annotations of the target, (T, ...).

        Raises:
            ValueError: the task cannot be driven, or the video does not show a subject.
        """
        raise ValueError(f"the task {self.name!r} cannot be driven by another video")

    def points(self, annotations: Mapping[str, Tensor]) -> Tensor:  # noqa: ARG002
        """Return what ``drive`` moves as points, to compare frames: x, y, confidence, (T, N, 3).

        Raises:
            ValueError: the task cannot be driven.
        """
        raise ValueError(f"the task {self.name!r} cannot be driven by another video")

    def edit(self, replace: Sequence[str], paint: Path | None) -> Edit | None:
        """Build the requested edit of label maps; None if no edit is requested.

        Args:
            replace: classes to replace, such as ``vegetation=building``.
            paint: a label map to use for all frames, or a folder of label maps.

        Raises:
            ValueError: the task has no labels, or the edit does not fit them.
        """
        if replace or paint is not None:
            raise ValueError(
                f"{self.data.path} has no labels to edit (task {self.name!r}); --replace and "
                "--paint are for tasks with label maps"
            )
        return None

    def metric(self, num_train_frames: int | None) -> TaskMetric | None:  # noqa: ARG002
        """Build the task's own metric, or None.

        Args:
            num_train_frames: number of frames at the start of each sequence that the metric may
                learn from; None: all.
        """
        return None


def only_sequence(sequences: Mapping[str, int], source: Path) -> tuple[str, int]:
    """Return name and length of the only sequence of a folder.

    Raises:
        ValueError: the folder has no sequence or several.
    """
    if len(sequences) != 1:
        raise ValueError(
            f"{source} must have one sequence to drive with, got {len(sequences)}; "
            "prepare the video to drive with alone"
        )
    return next(iter(sequences.items()))
