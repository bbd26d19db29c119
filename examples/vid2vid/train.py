"""Train the recipe on a prepared data folder.

    python -m examples.vid2vid.train data/carphone runs/carphone
    torchrun --nproc-per-node 2 -m examples.vid2vid.train data/carphone runs/carphone
"""

from __future__ import annotations

import json
import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from examples.vid2vid.config import TrainConfig
from examples.vid2vid.data import open_clips, open_data, to_clip
from examples.vid2vid.networks import build_generator, build_objective
from examples.vid2vid.objective import Clip
from examples.vid2vid.pictures import chunk_picture
from vidgan.checkpoint import load_checkpoint, save_checkpoint
from vidgan.rollout import RolloutState, SequentialRollout


def train(data_path: Path, out: Path, config: TrainConfig, *, resume: bool = False) -> Path:
    """Train, and return the path of the checkpoint."""
    data = open_data(data_path)
    model, past = config.model, config.model.past_frames
    strides = [config.objective.video_frames**rate for rate in range(max(1, model.num_rates))]
    dataset = open_clips(data, past + config.clip_length, strides)
    starts = [i for i in range(len(dataset)) if dataset.clip(i).frames[-1] < config.train_frames]

    torch.manual_seed(config.seed)
    layout = torch.channels_last if config.channels_last else torch.contiguous_format
    generator = build_generator(model, data.condition_channels).to(memory_format=layout)
    objective = build_objective(model, config.objective, data.condition_channels)
    objective = objective.to(memory_format=layout)
    rollout = SequentialRollout(
        generator, backprop_length=config.backprop_length, checkpoint=config.checkpointing
    )
    averaged = AveragedModel(
        generator, multi_avg_fn=get_ema_multi_avg_fn(config.ema_decay), use_buffers=True
    )
    trained = [generator, objective.image_discriminator, *objective.video_discriminators]
    optimisers = [
        torch.optim.Adam(network.parameters(), lr=config.learning_rate, betas=(0.5, 0.999))
        for network in trained
    ]

    checkpoint = out / "checkpoint.pt"
    step, clip_number, elapsed = 0, 0, 0.0
    if resume:
        saved = load_checkpoint(checkpoint)
    out.mkdir(parents=True, exist_ok=True)
    writer = SummaryWriter(out / "tensorboard")
    began = time.monotonic()
    bar = tqdm(total=config.steps)
    done = False
    while not done:
        order = torch.Generator().manual_seed(config.seed * 1_000_003 + clip_number)
        picks = torch.randint(len(starts), (config.batch_size,), generator=order)
        clip = to_clip([dataset[starts[i]] for i in picks], strides)
        state = RolloutState(clip.frames[:, :past], clip.conditions[:, :past])
        fake_before = clip.frames[:, :0]
        for start in range(past, past + config.clip_length, config.chunk_length):
            end = min(start + config.chunk_length, past + config.clip_length)
            chunk = clip.between(start, end)
            progress = step / config.steps
            if config.minutes:
                progress = max(progress, (time.monotonic() - began) / 60 / config.minutes)
            for optimiser in optimisers:
                for group in optimiser.param_groups:
                    group["lr"] = config.learning_rate * min(1.0, 2 * (1 - progress))
            if progress >= 1:
                done = True
                break
            with (
                torch.autocast("cpu", torch.bfloat16)
                if config.precision == "bfloat16"
                else nullcontext()
            ):
                output, state = rollout(chunk.conditions, state)
                losses = objective(output, chunk, clip.between(0, start), fake_before)
            groups = (losses.generator, losses.image_discriminator, *losses.video_discriminators)
            for optimiser, terms in zip(optimisers, groups, strict=True):
                if terms:
                    optimiser.zero_grad()
                    torch.stack(list(terms.values())).sum().backward()
                    optimiser.step()
            averaged.update_parameters(generator)
            fake_before = torch.cat([fake_before, output.frames.detach()], 1)
            step += 1
            bar.update()
            if step % 10 == 0:
                named = losses.named()
                for name, value in named.items():
                    writer.add_scalar(name, value, step)
                bar.set_postfix_str(" ".join(f"{k}={v:.2f}" for k, v in named.items() if k in ("perceptual", "l1", "image_gan", "image_matching","warp","flow")))
            if step % config.picture_every == 0:
                writer.add_image("chunk", chunk_picture(chunk, output), step)
        clip_number += 1
    save_checkpoint(
        checkpoint,
        {
            "config": json.dumps(asdict(config)),
            "generator": generator.state_dict(),
            "averaged": averaged.module.state_dict(),
            "step": step,
        },
    )
    return checkpoint
