"""Trains a single-image generator, which generates first frames where real ones are unknown.

The network and its losses are those of pix2pixHD (Wang et al., CVPR 2018, arXiv:1711.11585): one
frame from its own condition maps, with a multi-scale image discriminator.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch
from torch import nn

from examples.vid2vid.checkpoint import seed_everything
from examples.vid2vid.clips import Clip, Reading, open_clips
from examples.vid2vid.config import ImageConfig, ModelConfig
from examples.vid2vid.discriminators import build_objective
from examples.vid2vid.distributed import own, pick, processes, synchronize_norms, wrap
from examples.vid2vid.networks import build_image_generator
from examples.vid2vid.objective import Losses, Objective
from examples.vid2vid.run_folder import data_identity
from examples.vid2vid.task import Task
from examples.vid2vid.trainer import Chunk, Position, Trainer
from examples.vid2vid.training_clips import ClipReader, train_clips
from examples.vid2vid.visualization import chunk_grid
from vidgan.outputs import RolloutOutput


def train_image(
    task: type[Task],
    data: Path,
    out: Path,
    config: ImageConfig,
    *,
    resume: bool = False,
    init_from: Path | None = None,
) -> Path:
    """Train a single-image generator, and return the path of its checkpoint.

    Args:
        task: task of the data.
        data: the prepared folder.
        out: the run folder to write: checkpoints, curves, images.
        config: configuration of the training.
        resume: continue from the newest whole checkpoint of the run folder, if it has one, with the
            same configuration.
        init_from: a run or checkpoint whose weights the training starts from.

    Raises:
        FloatingPointError: too many steps in a row were not finite.
        OSError: data cannot be read, or the run folder cannot be written to.
        ValueError: the data do not fit the configuration, the run folder has a checkpoint although
            ``resume`` is False, or the checkpoint to resume has another configuration.
    """
    with processes(timeout=config.hang_timeout) as device:
        bound = task.open(data)
        dataset = open_clips(bound, 1, [1])
        starts = train_clips(dataset, config.num_train_frames)
        if not starts:
            raise ValueError(f"num_train_frames must be at least 1, got {config.num_train_frames}")
        with Trainer(
            "image",
            task.name,
            config,
            out,
            data=data_identity(data),
            resume=resume,
            init_from=init_from,
        ) as trainer:
            # No loss has the flow into a frame.
            unread = {"confidence": 1, "flow1": 1}
            with ClipReader(bound, dataset, [1], unread, config) as reader:
                return _build_and_fit(trainer, reader, config, starts, device)


class ImageStep(nn.Module):
    """Generates a batch of frames, and computes the losses of all networks.

    Args:
        generator: the single-image generator.
        objective: the losses, with the discriminator.
    """

    def __init__(self, generator: nn.Module, objective: Objective) -> None:
        super().__init__()
        self.generator, self.objective = generator, objective

    def forward(self, clip: Clip) -> tuple[Losses, RolloutOutput]:
        """Compute the losses of clips of one frame, and return them and the frames."""
        with torch.autocast(clip.frames.device.type, torch.bfloat16):
            images = self.generator(clip.conditions[:, 0])[:, None]  # (B, 1, ...)
            output = RolloutOutput(images, images)
            losses = self.objective(output, clip, clip.between(0, 0), clip.frames[:, :0])
        return losses, RolloutOutput(images.detach(), images.detach())


def _build_and_fit(
    trainer: Trainer,
    reader: ClipReader,
    config: ImageConfig,
    starts: list[int],
    device: torch.device,
) -> Path:
    seed_everything(config.seed)
    channels = reader.task.condition_channels
    generator = build_image_generator(config, channels)
    model = ModelConfig(
        num_rates=0,
        discriminator_channels=config.discriminator_channels,
        discriminator_norm=config.norm,
    )
    objective = build_objective(model, config.objective, channels)
    for module in (generator, objective):
        synchronize_norms(module).to(device)
    trainer.build({"generator": generator, **objective.discriminators})
    step = wrap(ImageStep(generator, objective))

    def plan(number: int) -> Reading:  # every clip is one frame
        rng = torch.Generator().manual_seed(config.seed * 1_000_003 + number)
        indices = [starts[place] for place in pick(len(starts), config.batch_size, rng)]
        return Reading(number, indices, range(1), 0, own(rng).get_state())

    def frames(_: Position | None) -> Iterator[Chunk]:
        number = trainer.clip_number
        with trainer.waiting.measure():
            clip = reader.load(number, plan).to(device)
        losses, output = step(clip)
        files = partial(reader.files, plan(number))
        yield Chunk(losses, lambda: chunk_grid(clip, output, reader.task), files)

    return trainer.fit(frames, step)
