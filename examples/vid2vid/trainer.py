"""The training loop that video generators and single-image generators share."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from examples.vid2vid.checkpoint import (
    CHECKPOINT,
    Kind,
    changed_settings,
    read_run,
    restore_run,
    run_folder,
    save_run,
)
from examples.vid2vid.config import ImageConfig, TrainConfig
from examples.vid2vid.objective import Losses, loss_values
from vidgan.extras import import_extra
from vidgan.training import AveragedModel


class Chunk(NamedTuple):
    """The losses of one optimizer step.

    Attributes:
        losses: losses of each network with the current weights.
        visualize: returns an image of the generated frames, (3, H, W) in [0, 1].
    """

    losses: Losses
    visualize: Callable[[], Tensor]


class Trainer:
    """Runs the optimizer steps of a training; averages weights, logs, saves and resumes.

    Args:
        kind: kind of the checkpoint.
        task: name of the task.
        config: configuration of the training.
        out: the run folder.
        resume: continue from its checkpoint.

    Raises:
        ValueError: a count of the configuration is below 1, the run folder has a checkpoint
            although ``resume`` is False, or that checkpoint has another task or configuration.
    """

    def __init__(
        self,
        kind: Kind,
        task: str,
        config: TrainConfig | ImageConfig,
        out: Path,
        *,
        resume: bool = False,
    ) -> None:
        check_counts(config)
        import_extra("tensorboard", "examples")
        self.kind, self.task, self.config = kind, task, config
        self.out, self.checkpoint = out, out / CHECKPOINT
        self.step, self.clip_number = 0, 0
        self._elapsed, self._began = 0.0, time.monotonic()
        if resume and not self.checkpoint.exists():
            raise FileNotFoundError(
                f"there is no file {self.checkpoint} to resume from; leave out --resume"
            )
        self._saved = self._read() if resume else None
        if self._saved is None and self.checkpoint.exists():
            raise ValueError(
                f"{out} already contains a run: add --resume, or choose another folder"
            )

    def build(
        self, modules: Mapping[str, nn.Module], *, trained_with_generator: Sequence[str] = ()
    ) -> None:
        """Build the averaged generator and the optimizers, and load the checkpoint to resume.

        Args:
            modules: networks by name, ``generator`` first; they are updated in this order.
            trained_with_generator: networks that the losses of the generator train.

        Raises:
            ValueError: the networks of the checkpoint have other shapes, for other data.
        """
        self.averaged = AveragedModel(modules["generator"], use_buffers=True)
        self.modules = {**modules, "averaged": self.averaged}
        weights = {
            name: [*module.parameters()]
            for name, module in modules.items()
            if name not in trained_with_generator
        }
        for name in trained_with_generator:
            weights["generator"] += modules[name].parameters()
        self.optimizers = {
            name: torch.optim.Adam(each, lr=self.config.learning_rate, betas=(0.5, 0.999))
            for name, each in weights.items()
        }
        if self._saved is not None:
            try:
                restore_run(self._saved, self.modules, self.optimizers)
            except (KeyError, RuntimeError) as error:
                raise ValueError(
                    f"{self.checkpoint} does not fit the networks for this data folder; resume "
                    "with the data of the first start"
                ) from error
            self.step, self.clip_number = self._saved["step"], self._saved["clip_number"]
            self._elapsed = self._saved["elapsed"]

    @property
    def progress(self) -> float:
        """Fraction of the training that is done, by steps or by time, whichever is larger."""
        minutes = self._seconds() / 60
        limit = self.config.minutes
        return max(self.step / self.config.steps, minutes / limit if limit else 0.0)

    def fit(self, chunks: Callable[[], Iterator[Chunk]]) -> Path:
        """Train to the end, and return the path of the checkpoint.

        Args:
            chunks: returns an iterator over the chunks of the next clip; each chunk is generated
                after the optimizer step on the previous one.
        """
        from torch.utils.tensorboard import SummaryWriter

        tqdm, last_saved = import_extra("tqdm", "examples"), self.step
        bar_format = "{l_bar}{bar}| {elapsed}<{remaining}{postfix}"
        self._began = time.monotonic()
        with (
            run_folder(self.out),
            SummaryWriter(self.out / "tensorboard", purge_step=self.step + 1) as curves,
            tqdm.tqdm(total=1.0, initial=min(self.progress, 1.0), bar_format=bar_format) as bar,
        ):
            while self.progress < 1:
                for chunk in chunks():
                    self.take_step(chunk.losses)
                    self._log(chunk, curves, bar)
                    bar.update(min(self.progress, 1.0) - bar.n)
                    if self.progress >= 1:
                        break
                self.clip_number += 1
                if self.step - last_saved >= self.config.save_every:
                    self.save()
                    last_saved = self.step
            self.save()
        return self.checkpoint

    def take_step(self, losses: Losses) -> None:
        """Update every network once, in order, on losses that were all computed beforehand."""
        # Constant for the first half of the training, then a linear decay to 0.
        rate = self.config.learning_rate * min(1, max(0, 2 - 2 * self.progress))
        for name, optimizer in self.optimizers.items():
            terms = losses[name]
            optimizer.param_groups[0]["lr"] = rate
            if terms:  # a video discriminator has none while clips are too short
                optimizer.zero_grad()
                torch.stack(list(terms.values())).sum().backward()
                optimizer.step()
        # A short average at first, so that the initial weights are soon forgotten.
        decay = min(self.config.ema_decay, (1 + self.step) / (10 + self.step))
        self.averaged.multi_avg_fn = get_ema_multi_avg_fn(decay)
        self.averaged.update_parameters(self.modules["generator"])
        self.step += 1

    def save(self) -> None:
        """Write the checkpoint."""
        save_run(
            self.checkpoint,
            kind=self.kind,
            task=self.task,
            config=self.config,
            modules=self.modules,
            optimizers=self.optimizers,
            step=self.step,
            clip_number=self.clip_number,
            elapsed=self._seconds(),
        )

    def _log(self, chunk: Chunk, curves: Any, bar: Any) -> None:
        if self.step % self.config.log_every == 0:
            values = loss_values(chunk.losses)
            check_finite(values, self.step, self.config)
            for name, value in values.items():
                curves.add_scalar(name, value, self.step)
            bar.set_postfix_str(f"step {self.step} loss {sum(values.values()):.2f}")
        if self.step % self.config.visualize_every == 0:
            curves.add_image("chunk", chunk.visualize(), self.step)

    def _seconds(self) -> float:
        return self._elapsed + time.monotonic() - self._began

    def _read(self) -> dict[str, Any]:
        saved = read_run(self.checkpoint, self.kind)
        if saved["task"] != self.task:
            raise ValueError(
                f"{self.checkpoint} was trained for the task {saved['task']!r}, not for "
                f"{self.task!r}; choose another folder"
            )
        if changed := changed_settings(saved, self.config):
            raise ValueError(
                f"{self.checkpoint} was made with another configuration: {', '.join(changed)}; "
                "resume with the options of the first start"
            )
        return saved


def check_counts(config: TrainConfig | ImageConfig) -> None:
    """Check the settings that are counts.

    Raises:
        ValueError: a count is below 1.
    """
    counts = ("steps", "batch_size", "chunk_length", "log_every", "visualize_every", "save_every")
    for name in counts:
        if getattr(config, name, 1) < 1:
            raise ValueError(f"{name} must be at least 1, got {getattr(config, name)}")


def check_finite(values: Mapping[str, float], step: int, config: TrainConfig | ImageConfig) -> None:
    """Stop the training if a loss is no longer finite.

    Raises:
        ValueError: a loss is NaN or infinite.
    """
    bad = [name for name, value in values.items() if not math.isfinite(value)]
    if bad:
        is_half = isinstance(config, TrainConfig) and config.precision == "bfloat16"
        raise ValueError(
            f"step {step}: {', '.join(bad)} became NaN or infinite; train another run with a lower "
            f"--learning-rate {'or with --precision float32 ' if is_half else ''}"
            "(a run is resumed with its own options)"
        )
