"""The training loop that video generators and single-image generators share."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from torch import Tensor, nn

from examples.vid2vid.checkpoint import Kind
from examples.vid2vid.config import ImageConfig, TrainConfig, check_counts
from examples.vid2vid.distributed import (
    gather,
    main_first,
    maximum,
    rank,
    synchronize_gradients,
)
from examples.vid2vid.objective import Losses, loss_values
from examples.vid2vid.run_folder import Curves
from examples.vid2vid.saved_run import SavedRun
from examples.vid2vid.training_clips import Waiting
from examples.vid2vid.updates import Updates
from vidgan.extras import import_extra
from vidgan.training import GracefulStop

Position = Mapping[str, Any]
"""What the rest of a clip is generated from, as tensors, numbers and strings."""


class Chunk(NamedTuple):
    """The losses of one optimizer step.

    Attributes:
        losses: losses of each network with the current weights.
        visualize: returns an image of the generated frames, (3, H, W) in [0, 1].
        files: returns the files of the clip, and those whose content is not finite.
        position: what the next chunk of the clip is generated from; None after the last.
    """

    losses: Losses
    visualize: Callable[[], Tensor]
    files: Callable[[], tuple[list[str], list[str]]]
    position: Position | None = None


class Trainer:
    """Runs the optimizer steps of a training; averages weights, logs, saves and resumes.

    Used in a ``with`` statement: inside it, no other training can use the run folder.

    Args:
        kind, task, config, out, data, resume, init_from: as in `SavedRun`.

    Raises:
        OSError, ValueError: as in `SavedRun`, or a count of the configuration is below 1.
    """

    def __init__(
        self,
        kind: Kind,
        task: str,
        config: TrainConfig | ImageConfig,
        out: Path,
        *,
        data: str,
        resume: bool = False,
        init_from: Path | None = None,
    ) -> None:
        check_counts(config)
        import_extra("tensorboard", "examples")
        self.config = config
        with main_first():
            self.run = SavedRun(
                kind, task, config, out, data=data, resume=resume, init_from=init_from
            )
        self.step, self.clip_number = 0, 0
        self.position: Position | None = None
        self._last_saved, self._elapsed, self._began, self._seconds = -1, 0.0, time.monotonic(), 0.0
        self.waiting = Waiting()

    def __enter__(self) -> Trainer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.run.folder.close()

    def build(
        self, modules: Mapping[str, nn.Module], *, trained_with_generator: Sequence[str] = ()
    ) -> None:
        """Build the averaged generator and the optimizers, and load the checkpoint to resume.

        Args:
            modules: networks by name, ``generator`` first; they are updated in this order.
            trained_with_generator: networks that the losses of the generator train.

        Raises:
            OSError: the disk has no room for the checkpoints.
            ValueError: the networks of the checkpoint have other shapes, for other data.
        """
        self._updates = Updates(modules, self.config, trained_with_generator=trained_with_generator)
        self.modules = self._updates.modules
        with main_first():
            saved = self.run.load(self.modules, self._updates.optimizers)
        if saved:
            self.step, self.clip_number = saved["step"], saved["clip_number"]
            self.position, self._elapsed = saved["position"], saved["elapsed"]
            self._seconds, self._last_saved = self._elapsed, self.step
        self._updates.keep_buffers()

    @property
    def progress(self) -> float:
        """Fraction of the training that is done, by steps or by time, whichever is larger."""
        limit = self.config.minutes * 60
        return max(self.step / self.config.steps, self._seconds / limit if limit else 0.0)

    def fit(self, chunks: Callable[[Position | None], Iterator[Chunk]], step: nn.Module) -> Path:
        """Train to the end, and return the path of the checkpoint.

        Args:
            chunks: returns an iterator over the chunks of the clip ``clip_number``, or over those
                from a position on; each chunk is generated after the step on the previous one.
            step: the module whose forward computes the losses of a chunk.

        Raises:
            FloatingPointError: too many steps in a row, or the weights, were not finite.
            SystemExit: a signal stopped the training; the checkpoint is written.
        """
        tqdm = import_extra("tqdm", "examples")
        bar_format = "{l_bar}{bar}| {elapsed}<{remaining}{postfix}"
        self._began, stopped = time.monotonic(), 0
        self.waiting.restart()
        synchronize_gradients(step, self.config.accumulate == 1)
        curves = Curves(self.run.folder.path / "tensorboard", self.step + 1)
        try:
            with (
                GracefulStop() as stop,
                tqdm.tqdm(
                    total=1.0,
                    initial=min(self.progress, 1.0),
                    bar_format=bar_format,
                    disable=rank() > 0,
                ) as bar,
            ):
                while self.progress < 1 and not stopped:
                    for chunk in chunks(self.position):
                        taken = self.take_step(chunk)
                        if self._updates.is_open:  # more of them belong to this step
                            continue
                        now = self._elapsed + time.monotonic() - self._began
                        # the same on all processes, so that none goes on without the others
                        number, self._seconds = maximum(stop.requested or 0, now)
                        stopped = int(number)
                        if taken:
                            self._log(chunk, curves, bar)
                        bar.update(min(self.progress, 1.0) - bar.n)
                        if self.step - max(self._last_saved, 0) >= self.config.save_every:
                            self.save()
                        if self.progress >= 1 or stopped or not taken:
                            break
                self.save()
        finally:
            curves.close()
        if stopped:
            self.run.folder.note(
                f"stopped by {signal.Signals(stopped).name} after step {self.step}, and saved; "
                "continue with --resume auto"
            )
            raise SystemExit(128 + stopped)
        return self.run.checkpoints.path(self.step)

    def take_step(self, chunk: Chunk) -> bool:
        """Update every network once, in order, on losses that were all computed beforehand.

        Returns:
            Whether the step was taken: no network is updated, and the rest of the clip is left out,
            if a loss or a gradient is not finite.

        Raises:
            FloatingPointError: too many steps in a row were not finite.
        """
        if not self._updates.add(chunk.losses):
            self._move_to(chunk.position)
            return True
        # Constant for the first half of the training, then a linear decay to 0.
        rate = self.config.learning_rate * min(1, max(0, 2 - 2 * self.progress))
        self.step += 1
        try:
            bad = self._updates.take(self.step, rate)
        except FloatingPointError as error:
            raise FloatingPointError(self._skip(chunk, str(error))) from error
        if bad:
            self._skip(chunk, f"not finite: {', '.join(bad)}")
            return False
        self._move_to(chunk.position)
        return True

    def save(self) -> None:
        """Write a checkpoint, unless this step has one; see `SavedRun.save`."""
        if self.step != self._last_saved:
            self.run.save(
                self.step,
                self.position,
                clip_number=self.clip_number,
                elapsed=self._seconds,
            )
            self._last_saved = self.step

    def _skip(self, chunk: Chunk, reason: str) -> str:
        """Log a step that is left out; the next one begins a new clip, from finite statistics."""
        everywhere = gather(chunk.files())
        files, causes = ([file for each in everywhere for file in each[i]] for i in (0, 1))
        cause = f"; the content of {', '.join(causes)} is not finite" if causes else ""
        text = f"step {self.step} is left out: {reason}; clip {self.clip_number}{cause}"
        self.run.folder.note(text, step=self.step, clip=self.clip_number, files=files)
        self._move_to(None)
        return text

    def _move_to(self, position: Position | None) -> None:
        self.position = position
        self.clip_number += position is None

    def _log(self, chunk: Chunk, curves: Curves, bar: Any) -> None:
        if rank() > 0:
            return
        if self.step % self.config.log_every == 0:
            values = loss_values(chunk.losses)
            for name, value in values.items():
                curves.add_scalar(name, value, self.step)
            loss, data = sum(values.values()), self.waiting.share
            bar.set_postfix_str(f"step {self.step} loss {loss:.2f} data {data:.1%}")
        if self.step % self.config.visualize_every == 0:
            curves.add_image("chunk", chunk.visualize(), self.step)
