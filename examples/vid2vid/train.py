"""Trains a video generator on a prepared data folder, chunk by chunk (Wang et al. 2018)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from examples.vid2vid.checkpoint import seed_everything
from examples.vid2vid.chunk_step import ChunkStep
from examples.vid2vid.clips import Clip
from examples.vid2vid.config import TrainConfig, check_counts
from examples.vid2vid.discriminators import build_objective
from examples.vid2vid.distributed import processes, synchronize_norms, wrap
from examples.vid2vid.networks import (
    GeneratorBuilder,
    add_features,
    build_encoder,
    build_generator,
    check_fit,
    train_scales,
)
from examples.vid2vid.run_folder import data_identity
from examples.vid2vid.task import Task
from examples.vid2vid.trainer import Chunk, Position, Trainer
from examples.vid2vid.training_clips import TrainingClips
from examples.vid2vid.visualization import chunk_grid
from vidgan.rollout import (
    FirstFrames,
    GeneratedFirstFrame,
    GivenFrames,
    GrowthStage,
    RolloutState,
)

if TYPE_CHECKING:
    from examples.vid2vid.distillation import Teacher


def train(
    task: type[Task],
    data: Path,
    out: Path,
    config: TrainConfig,
    *,
    resume: bool = False,
    init_from: Path | None = None,
    build: GeneratorBuilder = build_generator,
) -> Path:
    """Train a video generator, and return the path of its checkpoint.

    Args:
        task: task of the data.
        data: the prepared folder.
        out: the run folder to write: checkpoints, curves, images.
        config: configuration of the training.
        resume: continue from the newest whole checkpoint of the run folder, if it has one, with the
            same configuration.
        init_from: a run or checkpoint whose weights the training starts from.
        build: builds the generator; a run of another one is loaded with the same function.

    Raises:
        FloatingPointError: too many steps in a row were not finite.
        OSError: data cannot be read, or the run folder cannot be written to.
        ValueError: the data or the teacher do not fit the configuration, the run folder has a
            checkpoint although ``resume`` is False, or the checkpoint to resume has another
            configuration.
    """
    with processes(timeout=config.hang_timeout) as device:
        bound = task.open(data)
        check_fit(config.model, bound.data)
        check_counts(config)
        if config.compile:
            from examples.vid2vid.compiling import check_compile

            check_compile(config, device)
        clips, teacher = TrainingClips(bound, config), None
        if config.distill is not None:
            from examples.vid2vid.distillation import load_teacher

            teacher = load_teacher(config.distill, config, bound)
        with (
            clips,
            Trainer(
                "video",
                task.name,
                config,
                out,
                data=data_identity(data),
                resume=resume,
                init_from=init_from,
            ) as trainer,
        ):
            return _build_and_fit(trainer, clips, device, teacher, build)


def _build_and_fit(
    trainer: Trainer,
    clips: TrainingClips,
    device: torch.device,
    teacher: Teacher | None,
    build: GeneratorBuilder,
) -> Path:
    config, bound = clips.config, clips.task
    # Build. The seed determines the weights; every clip is sampled with its own generator.
    seed_everything(config.seed)
    layout = torch.channels_last if config.channels_last else torch.contiguous_format
    generator = build(config.model, bound.condition_channels, bound.num_classes)
    objective = build_objective(
        replace(config.model, num_rates=clips.schedule.num_rates),
        config.objective,
        bound.condition_channels,
    )
    modules: dict[str, nn.Module] = {"generator": generator, **objective.discriminators}
    encoder = build_encoder(config.model)
    if encoder is not None:
        modules["encoder"] = encoder
    for module in (*modules.values(), objective):
        synchronize_norms(module).to(device, memory_format=layout)
    # The encoder of instance features has no losses; it is trained by those of the generator.
    trainer.build(modules, trained_with_generator=() if encoder is None else ("encoder",))
    if teacher is not None:
        run = teacher.to(device).run
        trainer.run.folder.note(f"the teacher is {run.checkpoint}", step=run.step)
    step = wrap(ChunkStep(modules, objective, config, teacher))

    def next_clip(position: Position | None) -> Iterator[Chunk]:
        stage = clips.schedule.at(min(trainer.progress, 1.0))
        if position is not None:
            stage = GrowthStage(*position["stage"])
        number = trainer.clip_number
        with trainer.waiting.measure():
            clip = clips.load(number, stage).to(device)
        files = partial(clips.files, number, stage)
        return roll_out(bound, config, stage, clip, modules, step, files, position)

    # Fit: one clip after the other, chunk by chunk, one step of every network per chunk.
    return trainer.fit(next_clip, step)


def roll_out(
    task: Task,
    config: TrainConfig,
    stage: GrowthStage,
    clip: Clip,
    modules: dict[str, nn.Module],
    step: nn.Module,
    files: Callable[[], tuple[list[str], list[str]]],
    position: Position | None = None,
) -> Iterator[Chunk]:
    """Generate a clip chunk by chunk, each with the weights after the previous ``step``.

    With the ``position`` of a `Chunk` it goes on with the next one.
    """
    train_scales(modules["generator"], stage.num_scales, freeze_coarse=stage.freeze_coarse)
    begin, state, hallucinate_only, fake_before = _start(
        config, clip, modules.get("encoder"), position
    )
    for start in range(begin, clip.frames.shape[1], config.chunk_length):
        end = start + config.chunk_length
        losses, output, state = step(
            clip, start, state, fake_before, stage, hallucinate_only=hallucinate_only
        )
        # Only the first chunk of a video without given frames has nothing to warp.
        hallucinate_only = False
        # D_V reaches back into earlier chunks, as they were generated at the time.
        fake_before = torch.cat([fake_before, output.frames], 1)
        here = {"start": end, "stage": tuple(stage), "state": tuple(state), "fake": fake_before}
        yield Chunk(
            losses,
            partial(chunk_grid, clip.between(start, end), output, task),
            files,
            here if end < clip.frames.shape[1] else None,
        )


def _start(
    config: TrainConfig, clip: Clip, encoder: nn.Module | None, position: Position | None
) -> tuple[int, RolloutState, bool, Tensor]:
    """Return the next frame, the rollout's state, whether to hallucinate only, and fake frames."""
    if position is None:
        first = _first_frames(config, clip, encoder)
        none = clip.frames[:, :0]
        return config.model.past_frames, first.state.detach(), first.hallucinate_only, none
    state, fake = _on_device((position["state"], position["fake"]), clip.frames.device)
    return position["start"], RolloutState(*state), False, fake


def _on_device(value: Any, device: torch.device) -> Any:
    """Move the tensors in nested tuples."""
    if isinstance(value, Tensor):
        return value.to(device)
    return tuple(_on_device(part, device) for part in value) if isinstance(value, tuple) else value


def _first_frames(config: TrainConfig, clip: Clip, encoder: nn.Module | None) -> FirstFrames:
    """Choose how a clip starts: from its real frames, or without any."""
    past = config.model.past_frames
    with torch.no_grad():
        if config.model.first_frame == "generated":
            return GeneratedFirstFrame(past)(add_features(encoder, clip.between(past, past + 1)))
        given = clip.between(0, past)
        return GivenFrames(given.frames)(add_features(encoder, given))
