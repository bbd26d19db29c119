"""What a visitor of the page has: a video that goes on frame by frame, one session per tab."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import torch
from torch import Tensor

from examples.live.backends import Studio
from examples.live.joints import PushedStream, between, move_joint
from examples.live.painting import NOTHING, Strokes, draw_canvas, paint_over, read_strokes
from examples.vid2vid.first_frames import start_video
from examples.vid2vid.generate import generate_frames
from examples.vid2vid.sequences import DrivingSequence
from examples.vid2vid.styles import STYLES, build_styler
from examples.vid2vid.task import Driver
from examples.vid2vid.visualization import GeneratedFrame

STYLE_OF_FIRST = "of the first frame"


def style_choices(studio: Studio, samples: int = 8) -> list[str]:
    """Return the styles that a run can be given; empty where it has none."""
    if studio.trained.encoder is None or not (studio.trained.folder / STYLES).is_file():
        return []
    return [STYLE_OF_FIRST, "mean", *(f"sample:{seed}" for seed in range(samples))]


def first_choices(studio: Studio, sequence: str | None = None) -> range:
    """Return the indices that a video of a sequence can begin at."""
    name = sequence or next(iter(studio.task.data.sequences))
    opened = DrivingSequence(studio.task, name)
    least = studio.trained.config.model.past_frames if opened.has_real_frames else 0
    return range(min(least, opened.length - 1), opened.length)


class StreetSession:
    """A drive whose label maps are painted on; what is painted stays until it is cleared.

    At the end of the drive it begins again, as after a cut.

    Args:
        studio: the run of a street.
        sequence: name of the drive; None: the first.
        start: index of the first frame.
        style: one of `style_choices`; None: that of the first frame.
    """

    def __init__(
        self,
        studio: Studio,
        sequence: str | None = None,
        start: int | None = None,
        style: str | None = None,
    ) -> None:
        self.studio = studio
        name = sequence or next(iter(studio.task.data.sequences))
        self._given = DrivingSequence(studio.task, name)
        self._driven = DrivingSequence(studio.task, name, edit=self._edit)
        self.start = first_choices(studio, name)[0] if start is None else start
        self._style = None if style == STYLE_OF_FIRST else style
        size = studio.task.data.size
        self.painting = torch.full((1, *size), NOTHING)
        self._steps = self._begin()
        self.next = self.start

    def canvas(self) -> Tensor:
        """Draw the label map of the next frame, as painted, uint8 (3, H', W')."""
        index = min(self.next, self._driven.length - 1)
        labels = self._driven.annotations(range(index, index + 1))["labels"][0]
        return draw_canvas(labels, self.studio.task.num_classes)

    def paint(self, layers: Tensor) -> Strokes:
        """Add what was painted above the canvas, uint8 RGBA (N, 4, H', W'), to the painting."""
        task = self.studio.task
        strokes = read_strokes(layers, task.class_names, task.data.size)
        self.painting = torch.where(strokes.labels == NOTHING, self.painting, strokes.labels)
        return strokes

    def clear(self) -> None:
        """Forget the painting."""
        self.painting = torch.full_like(self.painting, NOTHING)

    def frames(self, count: int) -> Iterator[GeneratedFrame]:
        """Generate the next frames."""
        for _ in range(count):
            if self.next >= self._driven.length:
                self._steps, self.next = self._begin(), self.start
            frame = next(self._steps)
            self.next += 1
            yield frame

    def _begin(self) -> Iterator[GeneratedFrame]:
        past = self.studio.trained.config.model.past_frames
        styler = build_styler(self.studio.trained, self._style, self._given, self.start - 1)
        first = start_video(self._given, self.start, past, styler=styler)
        return generate_frames(
            self.studio.generator,
            self._driven,
            self.start,
            self._driven.length - self.start,
            first=first,
            styler=styler,
        )

    def _edit(self, annotations: dict[str, Tensor], indices: range) -> dict[str, Tensor]:
        del indices  # the painting is the same for all
        return paint_over(annotations, self.painting)


class BodySession:
    """A person who follows a skeleton, whose joints are moved.

    Args:
        studio: the run of a body, without DensePose maps.
        start: index of the pose to begin with.

    Raises:
        ValueError: the data have DensePose maps, which do not follow a skeleton.
    """

    def __init__(self, studio: Studio, start: int | None = None) -> None:
        self.studio = studio
        task = studio.task
        if set(task.streams()) != {"keypoints"}:
            raise ValueError(
                f"BodySession: {task.data.path} must have keypoints alone, got "
                f"{', '.join(task.streams())}; prepare it without the others, and train on it"
            )
        target = DrivingSequence(task, next(iter(task.data.sequences)))
        self.start = first_choices(studio)[0] if start is None else start
        self.pose = target.annotations(range(self.start, self.start + 1))["keypoints"][0]
        self._shown = self.pose
        self._stream = PushedStream("points", self.pose)
        driver = Driver({"keypoints": self._stream}, task.data.fps)
        past = studio.trained.config.model.past_frames
        self._steps = generate_frames(
            studio.generator,
            DrivingSequence(task, driver=driver),
            0,
            sys.maxsize,
            first=start_video(target, self.start, past),
        )

    def move(self, joint: str, x: float, y: float) -> None:
        """Move a joint, and what hangs on it, to a pixel of the frame; see `move_joint`."""
        self.pose = move_joint(self.pose, joint, x, y, self.studio.task.data.size)

    def frames(self, count: int) -> Iterator[GeneratedFrame]:
        """Generate the person on its way from the pose shown last to the one it was moved to."""
        for pose in between(self._shown, self.pose, count):
            self._stream.value = self._shown = pose
            yield next(self._steps)
