"""The clips that a training sees: which frames each has, read at the stage of the growth."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from types import TracebackType
from typing import TYPE_CHECKING

import torch

from examples.vid2vid.clips import Clip, Reading, check_clip_length, clip_files, open_clips, to_clip
from examples.vid2vid.config import ImageConfig, TrainConfig
from examples.vid2vid.distributed import own, pick, rank
from examples.vid2vid.task import Task
from vidgan.data import ClipDataset
from vidgan.rollout import GrowthSchedule, GrowthStage

if TYPE_CHECKING:
    from examples.vid2vid.workers import ReadAhead


class ClipReader:
    """Reads numbered batches of clips: in this process, or in workers that are ahead of it.

    Args:
        task: bound to the prepared folder.
        dataset: its clips.
        strides: temporal strides of the flows.
        unread: as in `ClipDataset.part`.
        config: its ``workers`` and ``seed``.
        jitter: strength of the task's random changes of shape.
    """

    def __init__(
        self,
        task: Task,
        dataset: ClipDataset,
        strides: Sequence[int],
        unread: Mapping[str, int],
        config: TrainConfig | ImageConfig,
        *,
        jitter: float = 0.0,
    ) -> None:
        self.task, self.dataset, self.strides = task, dataset, strides
        self.unread, self.jitter = unread, jitter
        self._ahead: ReadAhead | None = None
        if config.workers:
            from examples.vid2vid.workers import ReadAhead

            self._ahead = ReadAhead(self.read, workers=config.workers, seed=config.seed)

    def __enter__(self) -> ClipReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the workers; a death of one may be noticed anywhere."""
        if self._ahead is None:
            return
        from examples.vid2vid.workers import explain

        self._ahead.close()
        if isinstance(error, RuntimeError) and (explained := explain(error)) is not error:
            raise explained from error

    def load(self, number: int, plan: Callable[[int], Reading]) -> Clip:
        """Return a batch; ``plan`` says which clips the batch of a number has."""
        if self._ahead is None:
            return self.read(plan(number))
        return self._ahead.load(plan(number), map(plan, count(number + 1)))

    def read(self, reading: Reading) -> Clip:
        """Read a batch of clips: no frame but those of the plan, and draw its condition maps."""
        rng = torch.Generator().manual_seed(0)  # not that of its own
        rng.set_state(reading.random)
        items = [
            self.dataset.part(index, reading.frames, unread=self.unread)
            for index in reading.indices
        ]
        length = len(reading.frames)
        clip = to_clip(self.task, items, 0, length, self.strides, rng=rng, jitter=self.jitter)
        return clip.downsample(reading.halvings)

    def files(self, reading: Reading) -> tuple[list[str], list[str]]:
        """Return the frames of a batch of clips, and its files whose content is not finite."""
        return clip_files(self.dataset, reading.indices, reading.frames, self.unread)


class TrainingClips:
    """The training clips of a run.

    Args:
        task: bound to the prepared folder.
        config: configuration of the run.

    Raises:
        ValueError: no sequence is long enough.
    """

    def __init__(self, task: Task, config: TrainConfig) -> None:
        self.task, self.config = task, config
        check_clip_length(task, config)
        self.schedule = growth_schedule(config)
        rates = range(max(1, self.schedule.num_rates))
        self.strides = [config.objective.video_frames**rate for rate in rates]
        _check_flow(task, self.strides)
        past = config.model.past_frames
        length = past + config.clip_length
        self.dataset = open_clips(task, length, self.strides)
        if self.dataset.left_out and rank() == 0:
            left_out = self.dataset.left_out
            names = ", ".join(f"{name} ({n})" for name, n in [*left_out.items()][:5])
            print(
                f"note: {len(left_out)} sequences are shorter than a clip of {length} frames and "
                f"its flows, and are left out: {names}{', ...' if len(left_out) > 5 else ''}",
                file=sys.stderr,
            )
        self.starts = train_clips(self.dataset, config.num_train_frames)
        # Losses have the flow into every generated frame, and D_V those between them alone.
        unread = {"confidence": past, "flow1": past}
        unread |= {f"flow{stride}": past + stride for stride in self.strides[1:]}
        self._reader = ClipReader(
            task, self.dataset, self.strides, unread, config, jitter=config.jitter
        )

    def __enter__(self) -> TrainingClips:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._reader.__exit__(kind, error, traceback)

    def load(self, number: int, stage: GrowthStage) -> Clip:
        """Read a batch of clips, at the length and scale of a growth stage.

        The number seeds the choice, so that a resumed run sees the same clips.
        """
        return self._reader.load(number, lambda each: self._plan(each, stage))

    def files(self, number: int, stage: GrowthStage) -> tuple[list[str], list[str]]:
        """Return the frames of a batch of clips, and its files whose content is not finite."""
        return self._reader.files(self._plan(number, stage))

    def _plan(self, number: int, stage: GrowthStage) -> Reading:
        rng = torch.Generator().manual_seed(self.config.seed * 1_000_003 + number)
        picks = pick(len(self.starts), self.config.batch_size, rng)
        room = self.config.clip_length - stage.clip_length
        first = int(torch.randint(room + 1, (), generator=rng))
        length = self.config.model.past_frames + stage.clip_length
        return Reading(
            number,
            [self.starts[pick] for pick in picks],
            range(first, first + length),
            self.config.model.num_scales - stage.num_scales,
            own(rng).get_state(),
        )


def _check_flow(task: Task, strides: Sequence[int]) -> None:
    """Check that a folder has the reference flow that the video discriminators see.

    Raises:
        FileNotFoundError: it has not.
    """
    for rate, stride in enumerate(strides):
        folder = task.data.path / "flow" / f"stride{stride}"
        if not folder.is_dir():
            fewer = f", or use --num-rates {rate}" if rate else ""
            raise FileNotFoundError(
                f"there is no folder {folder}, the flow for {len(strides)} temporal rates; prepare "
                f"again with --strides {' '.join(map(str, strides))}{fewer}"
            )


def train_clips(dataset: ClipDataset, num_train_frames: int | None) -> list[int]:
    """List the clips that contain only frames to train on."""
    return [
        index
        for index in range(len(dataset))
        if num_train_frames is None or dataset.clip(index).frames[-1] < num_train_frames
    ]


def growth_schedule(config: TrainConfig) -> GrowthSchedule:
    """Build the schedule of clip lengths, scales and rates from the configuration."""
    return GrowthSchedule(
        num_scales=config.model.num_scales,
        clip_length=config.clip_length,
        first_clip_length=min(config.first_clip_length, config.clip_length),
        backprop_length=config.backprop_length,
        num_rates=config.model.num_rates,
        num_frames=config.objective.video_frames,
        freeze_coarse=config.freeze_coarse,
        warmup=config.warmup,
    )


class Waiting:
    """Measures the share of time spent inside `measure`, in this process."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget what was measured; the time begins now."""
        self._began, self._waited = time.monotonic(), 0.0

    @contextmanager
    def measure(self) -> Iterator[None]:
        """Count the time of a ``with`` block as waiting."""
        start = time.monotonic()
        try:
            yield
        finally:
            self._waited += time.monotonic() - start

    @property
    def share(self) -> float:
        """Fraction of the time since the beginning, in [0, 1]."""
        passed = time.monotonic() - self._began
        return self._waited / passed if passed > 0 else 0.0
