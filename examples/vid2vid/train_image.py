"""Trains a single-image generator, which generates first frames where real ones are unknown.

The network and its losses are those of pix2pixHD (Wang et al., CVPR 2018, arXiv:1711.11585): one
frame from its own condition maps, with a multi-scale image discriminator.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from examples.vid2vid.clips import open_clips, to_clip
from examples.vid2vid.config import ImageConfig, ModelConfig
from examples.vid2vid.discriminators import build_objective
from examples.vid2vid.networks import build_image_generator
from examples.vid2vid.task import Task
from examples.vid2vid.train import train_clips
from examples.vid2vid.trainer import Chunk, Trainer
from examples.vid2vid.visualization import chunk_grid
from vidgan.outputs import RolloutOutput


def train_image(
    task: type[Task], data: Path, out: Path, config: ImageConfig, *, resume: bool = False
) -> Path:
    """Train a single-image generator, and return the path of its checkpoint.

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
    dataset = open_clips(bound, 1, [1])
    starts = train_clips(dataset, config.num_train_frames)
    if not starts:
        raise ValueError(f"num_train_frames must be at least 1, got {config.num_train_frames}")
    trainer = Trainer("image", task.name, config, out, resume=resume)
    torch.manual_seed(config.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    channels = bound.condition_channels
    generator = build_image_generator(config, channels).to(device)
    model = ModelConfig(
        num_rates=0,
        discriminator_channels=config.discriminator_channels,
        discriminator_norm=config.norm,
    )
    objective = build_objective(model, config.objective, channels).to(device)
    trainer.build({"generator": generator, **objective.discriminators})

    def frames() -> Iterator[Chunk]:
        rng = torch.Generator().manual_seed(config.seed * 1_000_003 + trainer.clip_number)
        picks = torch.randint(len(starts), (config.batch_size,), generator=rng)
        items = [dataset[starts[pick]] for pick in picks]
        clip = to_clip(bound, items, 0, 1, [1], rng=rng).to(device)
        with torch.autocast(device.type, torch.bfloat16):
            images = generator(clip.conditions[:, 0])[:, None]  # clips of one frame, (B, 1, ...)
            output = RolloutOutput(images, images)
            losses = objective(output, clip, clip.between(0, 0), clip.frames[:, :0])
        yield Chunk(losses, lambda: chunk_grid(clip, output, bound))

    return trainer.fit(frames)
