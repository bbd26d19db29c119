"""Trains a video generator on a prepared data folder, chunk by chunk (Wang et al. 2018)."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from examples.vid2vid.clips import Clip, check_clip_length, open_clips, to_clip
from examples.vid2vid.config import TrainConfig
from examples.vid2vid.discriminators import build_objective
from examples.vid2vid.networks import (
    add_features,
    build_encoder,
    build_generator,
    check_fit,
    first_scales,
    train_scales,
)
from examples.vid2vid.objective import Objective
from examples.vid2vid.task import Task
from examples.vid2vid.trainer import Chunk, Trainer
from examples.vid2vid.visualization import chunk_grid
from vidgan.data import ClipDataset
from vidgan.rollout import (
    FirstFrames,
    GeneratedFirstFrame,
    GivenFrames,
    GrowthSchedule,
    GrowthStage,
    SequentialRollout,
)


def train(
    task: type[Task], data: Path, out: Path, config: TrainConfig, *, resume: bool = False
) -> Path:
    """Train a video generator, and return the path of its checkpoint.

    Args:
        task: task of the data.
        data: the prepared folder.
        out: the run folder to write: checkpoint, curves, images.
        config: configuration of the training.
        resume: continue from the run folder's checkpoint, with the same configuration.

    Raises:
        ValueError: the data do not fit the configuration, the run folder has a checkpoint although
            ``resume`` is False, or the checkpoint to resume has another configuration.
    """
    bound = task.open(data)
    check_fit(config.model, bound.data)
    clips = TrainingClips(bound, config)
    trainer = Trainer("video", task.name, config, out, resume=resume)
    # Build. The seed determines the weights; every clip is sampled with its own generator.
    torch.manual_seed(config.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    layout = torch.channels_last if config.channels_last else torch.contiguous_format
    generator = build_generator(config.model, bound.condition_channels, bound.num_classes)
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
        module.to(device, memory_format=layout)
    # The encoder of instance features has no losses; it is trained by those of the generator.
    trainer.build(modules, trained_with_generator=() if encoder is None else ("encoder",))

    def next_clip() -> Iterator[Chunk]:
        stage = clips.schedule.at(min(trainer.progress, 1.0))
        clip = clips.load(trainer.clip_number, stage).to(device)
        return roll_out(bound, config, stage, clip, modules, objective)

    # Fit: one clip after the other, chunk by chunk, one step of every network per chunk.
    return trainer.fit(next_clip)


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
        length = config.model.past_frames + config.clip_length
        self.dataset = open_clips(task, length, self.strides)
        if self.dataset.left_out:
            left_out = self.dataset.left_out
            names = ", ".join(f"{name} ({n})" for name, n in [*left_out.items()][:5])
            print(
                f"note: {len(left_out)} sequences are shorter than a clip of {length} frames and "
                f"its flows, and are left out: {names}{', ...' if len(left_out) > 5 else ''}",
                file=sys.stderr,
            )
        self.starts = train_clips(self.dataset, config.num_train_frames)

    def load(self, number: int, stage: GrowthStage) -> Clip:
        """Read a batch of clips, at the length and scale of a growth stage.

        The number seeds the choice, so that a resumed run sees the same clips.
        """
        config, past = self.config, self.config.model.past_frames
        rng = torch.Generator().manual_seed(config.seed * 1_000_003 + number)
        picks = torch.randint(len(self.starts), (config.batch_size,), generator=rng)
        room = config.clip_length - stage.clip_length
        first = int(torch.randint(room + 1, (), generator=rng))
        items = [self.dataset[self.starts[pick]] for pick in picks]
        length = past + stage.clip_length
        clip = to_clip(self.task, items, first, length, self.strides, rng=rng, jitter=config.jitter)
        return clip.downsample(config.model.num_scales - stage.num_scales)


def roll_out(
    task: Task,
    config: TrainConfig,
    stage: GrowthStage,
    clip: Clip,
    modules: dict[str, nn.Module],
    objective: Objective,
) -> Iterator[Chunk]:
    """Generate a clip chunk by chunk, each with the weights after the previous step."""
    model, past = config.model, config.model.past_frames
    generator, encoder = modules["generator"], modules.get("encoder")
    train_scales(generator, stage.num_scales, freeze_coarse=stage.freeze_coarse)
    rollout = SequentialRollout(
        first_scales(generator, stage.num_scales),
        backprop_length=stage.backprop_length,
        activation_checkpointing=config.activation_checkpointing,
    )
    first = _first_frames(config, clip, encoder)
    state, hallucinate_only = first.state.detach(), first.hallucinate_only
    fake_before = clip.frames[:, :0]
    for start in range(past, clip.frames.shape[1], config.chunk_length):
        chunk = clip.between(start, start + config.chunk_length)
        bfloat16 = config.precision == "bfloat16"
        with torch.autocast(clip.frames.device.type, torch.bfloat16, enabled=bfloat16):
            # The whole chunk in one forward: (B, T, ...) in and out.
            output, state = rollout(
                add_features(encoder, chunk),
                state,
                foreground_masks=chunk.foreground_masks if model.foreground else None,
                hallucinate_only=hallucinate_only,
            )
            losses = objective(
                output,
                chunk,
                clip.between(0, start),
                fake_before,
                rate_weights=stage.rate_weights,
                num_scales=stage.num_scales,
            )
        # Only the first chunk of a video without given frames has nothing to warp.
        hallucinate_only = False
        # D_V reaches back into earlier chunks, as they were generated at the time.
        fake_before = torch.cat([fake_before, output.frames.detach()], 1)
        yield Chunk(losses, lambda chunk=chunk, output=output: chunk_grid(chunk, output, task))


def _first_frames(config: TrainConfig, clip: Clip, encoder: nn.Module | None) -> FirstFrames:
    """Choose how a clip starts: from its real frames, or without any."""
    past = config.model.past_frames
    with torch.no_grad():
        if config.model.first_frame == "generated":
            return GeneratedFirstFrame(past)(add_features(encoder, clip.between(past, past + 1)))
        given = clip.between(0, past)
        return GivenFrames(given.frames)(add_features(encoder, given))


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
