"""Train a single-image generator, which makes the first frames where no real ones are known.

    python -m examples.vid2vid.train_image data/carphone runs/first --steps 1000

and then: ``generate ... --first-frame image --image-run runs/first``.

The network and its losses are those of pix2pixHD (Wang et al., CVPR 2018, arXiv:1711.11585): one
frame from its own condition maps, judged by a multi-scale discriminator.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from examples.vid2vid.checkpoint import CHECKPOINT, check_finite, run_folder
from examples.vid2vid.command_line import parse, require, run_cli
from examples.vid2vid.config import ModelConfig, ObjectiveConfig
from examples.vid2vid.data import condition_channels, open_clips, open_data, task_of, to_clip
from examples.vid2vid.networks import build_objective
from examples.vid2vid.pictures import chunk_picture
from vidgan.checkpoint import save_checkpoint
from vidgan.layers import Norm, Upsampling
from vidgan.models import global_generator
from vidgan.outputs import RolloutOutput


@dataclass(frozen=True)
class ImageTrainConfig:
    """How a single-image generator is trained."""

    data: Path
    """The prepared folder."""
    out: Path
    """The run folder to write: checkpoint, curves, pictures."""
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    base_channels: int = 32
    """Width of the generator's first layer."""
    num_downsamplings: int = 3
    """How often the generator halves the size."""
    num_blocks: int = 6
    """Residual blocks of the generator."""
    norm: Norm = "instance"
    """Normalization of both networks."""
    upsampling: Upsampling = "resize"
    """Transposed convolution, as published, or resize and convolve."""
    discriminator_channels: int = 32
    """Width of the discriminator's first layer."""
    steps: int = 1000
    """Optimizer steps; the learning rate falls to 0 over the second half."""
    minutes: float = 0.0
    """Stop after this time at the latest, the learning rate falling in time; 0: no limit."""
    batch_size: int = 1
    """Frames a step."""
    learning_rate: float = 4e-4
    """Of Adam with betas 0.5 and 0.999, for both networks."""
    ema_decay: float = 0.995
    """Decay of the averaged generator that makes the frames; 0: the last weights."""
    num_train_frames: int | None = None
    """Train on so many frames at the start of each sequence; None: on all."""
    log_every: int = 10
    """Steps between two points of the curves."""
    visualize_every: int = 200
    """Steps between two pictures."""
    seed: int = 0
    """Of the weights and of the choice of frames."""


def build_image_generator(config: ImageTrainConfig, channels: int) -> nn.Module:
    """Build the generator, from condition maps (B, C, H, W) to a frame (B, 3, H, W)."""
    return global_generator(
        channels,
        base_channels=config.base_channels,
        num_downsamplings=config.num_downsamplings,
        num_blocks=config.num_blocks,
        norm=config.norm,
        upsampling=config.upsampling,
    )


def train_image(config: ImageTrainConfig) -> Path:
    """Train a single-image generator and return the path of its checkpoint.

    Raises:
        ValueError: the data do not fit the configuration, or the run folder holds a checkpoint.
    """
    tensorboard, tqdm = require("torch.utils.tensorboard"), require("tqdm")
    data = open_data(config.data)
    dataset = open_clips(data, 1, [1])
    last = config.num_train_frames
    starts = [i for i in range(len(dataset)) if last is None or dataset.clip(i).frames[0] < last]
    if not starts:
        raise ValueError(f"num_train_frames must be at least 1, got {last}")
    checkpoint = config.out / CHECKPOINT
    if checkpoint.exists():
        raise ValueError(f"{config.out} holds a run already: choose another folder")

    torch.manual_seed(config.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    channels = condition_channels(data)
    generator = build_image_generator(config, channels).to(device)
    model = ModelConfig(
        num_rates=0,
        discriminator_channels=config.discriminator_channels,
        discriminator_norm=config.norm,
    )
    objective = build_objective(model, config.objective, channels).to(device)
    averaged = AveragedModel(generator, use_buffers=True)
    optimizers = [
        torch.optim.Adam(network.parameters(), lr=config.learning_rate, betas=(0.5, 0.999))
        for network in (generator, objective.image_discriminator)
    ]

    began, step = time.monotonic(), 0

    def progress() -> float:
        minutes = (time.monotonic() - began) / 60
        return max(step / config.steps, minutes / config.minutes if config.minutes else 0.0)

    bar_format = "{l_bar}{bar}| {elapsed}<{remaining}{postfix}"
    with (
        run_folder(config.out, checkpoint),
        tensorboard.SummaryWriter(config.out / "tensorboard") as curves,
        tqdm.tqdm(total=1.0, bar_format=bar_format) as bar,
    ):
        while progress() < 1:
            bar.update(min(progress(), 1.0) - bar.n)
            for optimizer in optimizers:
                optimizer.param_groups[0]["lr"] = config.learning_rate * min(
                    1, max(0, 2 - 2 * progress())
                )
            rng = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
            picks = torch.randint(len(starts), (config.batch_size,), generator=rng)
            items = [dataset[starts[pick]] for pick in picks]
            clip = to_clip(items, 0, 1, data, [1], rng=rng).to(device)
            with torch.autocast(device.type, torch.bfloat16):
                frames = generator(clip.conditions[:, 0])[:, None]
                output = RolloutOutput(frames, frames)
                losses = objective(output, clip, clip.between(0, 0), clip.frames[:, :0])
            for optimizer, terms in zip(
                optimizers, (losses.generator, losses.image_discriminator), strict=True
            ):
                optimizer.zero_grad()
                torch.stack(list(terms.values())).sum().backward()
                optimizer.step()
            decay = min(config.ema_decay, (1 + step) / (10 + step))
            averaged.multi_avg_fn = get_ema_multi_avg_fn(decay)
            averaged.update_parameters(generator)
            step += 1
            if step % config.log_every == 0:
                named = losses.named()
                check_finite(named, step)
                for name, value in named.items():
                    curves.add_scalar(name, value, step)
                bar.set_postfix_str(f"step {step} loss {sum(named.values()):.2f}")
            if step % config.visualize_every == 0:
                curves.add_image("frame", chunk_picture(clip, output, task_of(data)), step)
        options = {**asdict(config), "data": str(config.data), "out": str(config.out)}
        content = {"config": json.dumps(options), "task": data.task, "step": step}
        save_checkpoint(checkpoint, {**content, "single_image": averaged.module.state_dict()})
    return checkpoint


def main() -> None:
    print(f"wrote {train_image(parse(ImageTrainConfig, description=__doc__))}")


if __name__ == "__main__":
    run_cli(main)
