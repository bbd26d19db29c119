"""What the training of a video generator and of a single-image generator share."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

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


class Chunk(NamedTuple):
    """What one step is taken on.

    Attributes:
        losses: from the weights as they are.
        visualize: makes a picture of what was generated, (3, H, W) in [0, 1].
    """

    losses: Losses
    visualize: Callable[[], Tensor]


class Trainer:
    """Takes the steps of a run, and averages, logs, saves and resumes it.

    Args:
        kind: of the checkpoint.
        task: name of the task.
        config: how it is trained.
        out: the run folder.
        resume: continue from its checkpoint.

    Raises:
        ValueError: a count of the configuration is below 1, or the run folder holds a checkpoint
            and ``resume`` is not asked for, or one of another task or configuration and it is.
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
        self._saved = self._read() if resume else None
        if self._saved is None and self.checkpoint.exists():
            raise ValueError(f"{out} holds a run already: add --resume, or choose another folder")

    def build(
        self, modules: Mapping[str, nn.Module], *, trained_with_generator: Sequence[str] = ()
    ) -> None:
        """Build the averaged generator and the optimizers, and load what is resumed.

        Args:
            modules: networks by name, ``generator`` first; they step in this order.
            trained_with_generator: networks without losses of their own.

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
        """Part of the training that is done: of its steps or, if more, of its time."""
        minutes = self._seconds() / 60
        limit = self.config.minutes
        return max(self.step / self.config.steps, minutes / limit if limit else 0.0)

    def fit(self, chunks: Callable[[], Iterator[Chunk]]) -> Path:
        """Train to the end, and return the path of the checkpoint.

        Args:
            chunks: starts the next clip; its chunks are generated one by one, each after the step
                on the one before.
        """
        from torch.utils.tensorboard import SummaryWriter

        tqdm, last_saved = import_extra("tqdm", "examples"), self.step
        bar_format = "{l_bar}{bar}| {elapsed}<{remaining}{postfix}"
        self._began = time.monotonic()
        with (
            run_folder(self.out),
            SummaryWriter(self.out / "tensorboard", purge_step=self.step + 1) as curves,
            tqdm.tqdm(total=1.0, bar_format=bar_format) as bar,
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
        """Step every network once, in order, on losses that were all computed before."""
        # Constant for the first half of the training, then linearly to 0.
        rate = self.config.learning_rate * min(1, max(0, 2 - 2 * self.progress))
        for name, optimizer in self.optimizers.items():
            terms = losses[name]
            optimizer.param_groups[0]["lr"] = rate
            if terms:  # a video discriminator has none before the clip is long enough
                optimizer.zero_grad()
                torch.stack(list(terms.values())).sum().backward()
                optimizer.step()
        # A short memory at first, so that the first weights are soon forgotten.
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
                f"{self.checkpoint} was made with another configuration: {', '.join(changed)} "
                "differ; resume with the options of the first start"
            )
        return saved


def check_counts(config: TrainConfig | ImageConfig) -> None:
    """Check what is counted from 1 on.

    Raises:
        ValueError: a count is below 1.
    """
    counts = ("steps", "batch_size", "chunk_length", "log_every", "visualize_every", "save_every")
    for name in counts:
        if getattr(config, name, 1) < 1:
            raise ValueError(f"{name} must be at least 1, got {getattr(config, name)}")


def check_finite(values: Mapping[str, float], step: int, config: TrainConfig | ImageConfig) -> None:
    """Stop a training whose losses are not finite any more.

    Raises:
        ValueError: a loss is NaN or infinite.
    """
    bad = [name for name, value in values.items() if not math.isfinite(value)]
    if bad:
        is_half = isinstance(config, TrainConfig) and config.precision == "bfloat16"
        raise ValueError(
            f"step {step}: {', '.join(bad)} became NaN or infinite; train again with a lower "
            f"--learning-rate {'or with --precision float32 ' if is_half else ''}"
            "(a run is resumed with its own options)"
        )
