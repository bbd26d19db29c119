"""The training loop that video generators and single-image generators share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from examples.vid2vid.checkpoint import Kind
from examples.vid2vid.config import ImageConfig, TrainConfig, check_counts
from examples.vid2vid.objective import Losses, loss_values
from examples.vid2vid.run_folder import Curves
from examples.vid2vid.saved_run import SavedRun
from vidgan.extras import import_extra
from vidgan.training import AveragedModel, GracefulStop, NonFiniteGuard

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
        self.run = SavedRun(kind, task, config, out, data=data, resume=resume, init_from=init_from)
        self.step, self.clip_number = 0, 0
        self.position: Position | None = None
        self._guard, self._last_saved = NonFiniteGuard(), -1
        self._elapsed, self._began = 0.0, time.monotonic()

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
        self.averaged = AveragedModel(modules["generator"], use_buffers=True)
        self.modules = {**modules, "averaged": self.averaged}
        self.weights = {
            name: [*module.parameters()]
            for name, module in modules.items()
            if name not in trained_with_generator
        }
        for name in trained_with_generator:
            self.weights["generator"] += modules[name].parameters()
        self.optimizers = {
            name: torch.optim.Adam(each, lr=self.config.learning_rate, betas=(0.5, 0.999))
            for name, each in self.weights.items()
        }
        saved = self.run.load(self.modules, self.optimizers)
        if saved:
            self.step, self.clip_number = saved["step"], saved["clip_number"]
            self.position, self._elapsed = saved["position"], saved["elapsed"]
            self._last_saved = self.step
        self._buffers = [b for module in modules.values() for b in module.buffers()]
        self._good_buffers = [buffer.clone() for buffer in self._buffers]

    @property
    def progress(self) -> float:
        """Fraction of the training that is done, by steps or by time, whichever is larger."""
        minutes = self._seconds() / 60
        limit = self.config.minutes
        return max(self.step / self.config.steps, minutes / limit if limit else 0.0)

    def fit(self, chunks: Callable[[Position | None], Iterator[Chunk]]) -> Path:
        """Train to the end, and return the path of the checkpoint.

        Args:
            chunks: returns an iterator over the chunks of the clip ``clip_number``, or over those
                from a position on; each chunk is generated after the step on the previous one.

        Raises:
            FloatingPointError: too many steps in a row, or the weights, were not finite.
            SystemExit: a signal stopped the training; the checkpoint is written.
        """
        tqdm = import_extra("tqdm", "examples")
        bar_format = "{l_bar}{bar}| {elapsed}<{remaining}{postfix}"
        self._began = time.monotonic()
        curves = Curves(self.run.folder.path / "tensorboard", self.step + 1)
        try:
            with (
                GracefulStop() as stop,
                tqdm.tqdm(total=1.0, initial=min(self.progress, 1.0), bar_format=bar_format) as bar,
            ):
                while self.progress < 1 and not stop.requested:
                    for chunk in chunks(self.position):
                        taken = self.take_step(chunk)
                        if taken:
                            self._log(chunk, curves, bar)
                        bar.update(min(self.progress, 1.0) - bar.n)
                        if self.step - max(self._last_saved, 0) >= self.config.save_every:
                            self.save()
                        if self.progress >= 1 or stop.requested or not taken:
                            break
                self.save()
        finally:
            curves.close()
        if stop.requested:
            self.run.folder.note(
                f"stopped by {stop.requested.name} after step {self.step}, and saved; continue "
                "with --resume auto"
            )
            raise SystemExit(stop.exit_code)
        return self.run.checkpoints.path(self.step)

    def take_step(self, chunk: Chunk) -> bool:
        """Update every network once, in order, on losses that were all computed beforehand.

        Returns:
            Whether the step was taken: no network is updated, and the rest of the clip is left out,
            if a loss or a gradient is not finite.

        Raises:
            FloatingPointError: too many steps in a row were not finite.
        """
        losses = chunk.losses
        # Constant for the first half of the training, then a linear decay to 0.
        rate = self.config.learning_rate * min(1, max(0, 2 - 2 * self.progress))
        # A video discriminator has no losses while clips are too short.
        trained = [name for name in self.optimizers if losses[name]]
        for name in trained:
            self.optimizers[name].zero_grad()
            torch.stack([*losses[name].values()]).sum().backward()
        self.step += 1
        try:
            bad = self._guard.check(
                {name: loss for part in losses.values() for name, loss in part.items()},
                {name: self.weights[name] for name in trained},
            )
        except FloatingPointError as error:
            raise FloatingPointError(self._skip(chunk, str(error))) from error
        if bad:
            self._skip(chunk, f"not finite: {', '.join(bad)}")
            return False
        for name in trained:
            self.optimizers[name].param_groups[0]["lr"] = rate
            self.optimizers[name].step()
        _copy(self._buffers, self._good_buffers)
        # A short average at first, so that the initial weights are soon forgotten.
        decay = min(self.config.ema_decay, self.step / (9 + self.step))
        self.averaged.multi_avg_fn = get_ema_multi_avg_fn(decay)
        self.averaged.update_parameters(self.modules["generator"])
        self._move_to(chunk.position)
        return True

    def save(self) -> None:
        """Write a checkpoint, unless this step has one; see `SavedRun.save`."""
        if self.step != self._last_saved:
            position = {"clip_number": self.clip_number, "position": self.position}
            self.run.save(self.step, **position, elapsed=self._seconds())
            self._last_saved = self.step

    def _skip(self, chunk: Chunk, reason: str) -> str:
        """Log a step that is left out; the next one begins a new clip, from finite statistics."""
        _copy(self._good_buffers, self._buffers)
        files, causes = chunk.files()
        cause = f"; the content of {', '.join(causes)} is not finite" if causes else ""
        text = f"step {self.step} is left out: {reason}; clip {self.clip_number}{cause}"
        self.run.folder.note(text, step=self.step, clip=self.clip_number, files=files)
        self._move_to(None)
        return text

    def _move_to(self, position: Position | None) -> None:
        self.position = position
        self.clip_number += position is None

    def _log(self, chunk: Chunk, curves: Curves, bar: Any) -> None:
        if self.step % self.config.log_every == 0:
            values = loss_values(chunk.losses)
            for name, value in values.items():
                curves.add_scalar(name, value, self.step)
            bar.set_postfix_str(f"step {self.step} loss {sum(values.values()):.2f}")
        if self.step % self.config.visualize_every == 0:
            curves.add_image("chunk", chunk.visualize(), self.step)

    def _seconds(self) -> float:
        return self._elapsed + time.monotonic() - self._began


def _copy(source: list[Tensor], target: list[Tensor]) -> None:
    for value, place in zip(source, target, strict=True):
        place.copy_(value)
