"""Train the recipe on a prepared data folder.

python -m examples.vid2vid.train data/carphone runs/carphone --steps 1600
python -m examples.vid2vid.train data/cityscapes runs/street --setting street-512
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from examples.vid2vid.checkpoint import CHECKPOINT, check_finite, run_folder
from examples.vid2vid.command_line import require, run_cli
from examples.vid2vid.config import TrainConfig
from examples.vid2vid.data import condition_channels, open_clips, open_data, task_of, to_clip
from examples.vid2vid.fitting import check_fit, check_setting
from examples.vid2vid.networks import (
    add_features,
    build_encoder,
    build_generator,
    build_objective,
    first_scales,
    train_scales,
)
from examples.vid2vid.pictures import chunk_picture
from examples.vid2vid.presets import CONFIGS, SettingName
from vidgan.checkpoint import load_checkpoint, save_checkpoint
from vidgan.rollout import GeneratedFirstFrame, GivenFrames, GrowthSchedule, SequentialRollout


def train(data_path: Path, out: Path, config: TrainConfig, *, resume: bool = False) -> Path:
    """Train as in Wang et al. 2018, chunk by chunk, and return the path of the checkpoint.

    Raises:
        ValueError: the data do not fit the configuration, or the run folder holds a checkpoint
            and ``resume`` is not asked for, or one of another configuration and it is.
    """
    tensorboard, tqdm = require("torch.utils.tensorboard"), require("tqdm")
    data = open_data(data_path)
    check_fit(config.model, data)
    model, past = config.model, config.model.past_frames
    schedule = growth_schedule(config)
    strides = [config.objective.video_frames**rate for rate in range(max(1, schedule.num_rates))]
    dataset = open_clips(data, past + config.clip_length, strides)
    starts = [i for i in range(len(dataset)) if _is_trained_on(dataset.clip(i).frames, config)]
    if not starts:
        raise ValueError(
            f"num_train_frames must be at least {past + config.clip_length} (past_frames + "
            f"clip_length), got {config.num_train_frames}; or choose a shorter --clip-length"
        )
    checkpoint = out / CHECKPOINT
    saved = _resume(checkpoint, config) if resume else None
    if saved is None and checkpoint.exists():
        raise ValueError(f"{out} holds a run already: add --resume, or choose another folder")

    # Networks, optimizers.
    torch.manual_seed(config.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    layout = torch.channels_last if config.channels_last else torch.contiguous_format
    channels = condition_channels(data)
    generator = build_generator(model, channels).to(device, memory_format=layout)
    objective = build_objective(
        replace(model, num_rates=schedule.num_rates), config.objective, channels
    )
    objective = objective.to(device, memory_format=layout)
    encoder = build_encoder(model)
    if encoder is not None:
        encoder = encoder.to(device, memory_format=layout)
    averaged = AveragedModel(generator, use_buffers=True)
    networks = [generator, *objective.discriminators]
    trained = [[*network.parameters()] for network in networks]
    if encoder is not None:  # the generator's losses train it too
        trained[0] += encoder.parameters()
    optimizers = [
        torch.optim.Adam(weights, lr=config.learning_rate, betas=(0.5, 0.999))
        for weights in trained
    ]

    step, clip_number, elapsed = 0, 0, 0.0
    if saved is not None:
        step, clip_number, elapsed = saved["step"], saved["clip_number"], saved["elapsed"]
        averaged.load_state_dict(saved["averaged"])
        if encoder is not None:
            encoder.load_state_dict(saved["encoder"])
        for part, state in zip([*networks, *optimizers], saved["states"], strict=True):
            part.load_state_dict(state)

    def save() -> None:
        states = [part.state_dict() for part in [*networks, *optimizers]]
        facts = {"config": json.dumps(asdict(config)), "task": data.task, "step": step}
        position = {"clip_number": clip_number, "elapsed": elapsed + time.monotonic() - began}
        content = {**facts, **position, "averaged": averaged.state_dict(), "states": states}
        if encoder is not None:
            content["encoder"] = encoder.state_dict()
        save_checkpoint(checkpoint, content)

    def progress() -> float:
        minutes = (elapsed + time.monotonic() - began) / 60
        return max(step / config.steps, minutes / config.minutes if config.minutes else 0.0)

    # The loop: one clip after the other, chunk by chunk, one step of every network a chunk.
    began, last_saved = time.monotonic(), step
    bar_format = "{l_bar}{bar}| {elapsed}<{remaining}{postfix}"
    with (
        run_folder(out, checkpoint),
        tensorboard.SummaryWriter(out / "tensorboard", purge_step=step + 1) as curves,
        tqdm.tqdm(total=1.0, bar_format=bar_format) as bar,
    ):
        while progress() < 1:
            # The clip's number decides the clip, so that a resumed run sees the same ones.
            rng = torch.Generator().manual_seed(config.seed * 1_000_003 + clip_number)
            picks = torch.randint(len(starts), (config.batch_size,), generator=rng)
            stage = schedule.at(min(progress(), 1.0))
            length = stage.clip_length
            first = int(torch.randint(config.clip_length - length + 1, (), generator=rng))
            items = [dataset[starts[pick]] for pick in picks]
            random = {"rng": rng, "jitter": config.jitter}
            clip = to_clip(items, first, past + length, data, strides, **random).to(device)
            clip = clip.smaller(model.num_scales - stage.num_scales)
            train_scales(generator, stage.num_scales, freeze_coarse=stage.freeze_coarse)
            rollout = SequentialRollout(
                first_scales(generator, stage.num_scales),
                backprop_length=stage.backprop_length,
                activation_checkpointing=config.activation_checkpointing,
            )
            given = clip.between(0, past)
            with torch.no_grad():
                begin = GivenFrames(given.frames)(add_features(encoder, given))
            if model.first_frame == "generated":
                begin = GeneratedFirstFrame(past)(
                    add_features(encoder, clip.between(past, past + 1))
                )
            state, hallucinate_only = begin.state.detach(), begin.hallucinate_only
            fake_before = clip.frames[:, :0]
            for start in range(past, past + length, config.chunk_length):
                bar.update(min(progress(), 1.0) - bar.n)
                if progress() >= 1:
                    break
                rate = config.learning_rate * min(1, max(0, 2 - 2 * progress()))
                for optimizer in optimizers:
                    optimizer.param_groups[0]["lr"] = rate

                chunk = clip.between(start, start + config.chunk_length)
                with torch.autocast(
                    device.type, torch.bfloat16, enabled=config.precision == "bfloat16"
                ):
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
                hallucinate_only = False
                groups = (losses.generator, *losses.discriminators)
                for optimizer, terms in zip(optimizers, groups, strict=True):
                    if terms:  # a video discriminator has none before the clip is long enough
                        optimizer.zero_grad()
                        torch.stack(list(terms.values())).sum().backward()
                        optimizer.step()
                # A short memory at first, so that the first weights are soon forgotten.
                decay = min(config.ema_decay, (1 + step) / (10 + step))
                averaged.multi_avg_fn = get_ema_multi_avg_fn(decay)
                averaged.update_parameters(generator)
                fake_before = torch.cat([fake_before, output.frames.detach()], 1)
                step += 1

                if step % config.log_every == 0:
                    named = losses.named()
                    check_finite(named, step)
                    for name, value in named.items():
                        curves.add_scalar(name, value, step)
                    bar.set_postfix_str(f"step {step} loss {sum(named.values()):.2f}")
                if step % config.visualize_every == 0:
                    curves.add_image("chunk", chunk_picture(chunk, output, task_of(data)), step)
            clip_number += 1
            if step - last_saved >= config.save_every:
                save()
                last_saved = step
        save()
    return checkpoint


def _is_trained_on(frames: tuple[int, ...], config: TrainConfig) -> bool:
    return config.num_train_frames is None or frames[-1] < config.num_train_frames


def growth_schedule(config: TrainConfig) -> GrowthSchedule:
    """Read from the configuration when the training grows."""
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


def _resume(checkpoint: Path, config: TrainConfig) -> dict[str, Any]:
    saved = load_checkpoint(checkpoint)
    before, now = json.loads(saved["config"]), json.loads(json.dumps(asdict(config)))
    changed = sorted(name for name in now if before.get(name) != now[name])
    if changed:
        raise ValueError(
            f"{checkpoint} was made with another configuration: {', '.join(changed)} differ; "
            "resume with the options of the first start"
        )
    return saved


@dataclass(frozen=True)
class TrainCommand:
    """Train on a prepared data folder."""

    data: Path
    """The prepared folder."""
    out: Path
    """The run folder to write: checkpoint, curves, pictures."""
    config: TrainConfig
    resume: bool = False
    """Go on from the run folder's checkpoint, with the same options."""
    setting: SettingName = "recommended"
    """Gives all options below their defaults; docs/presets.md describes each."""


def main() -> None:
    """Run the command line."""
    tyro = require("tyro")
    # The setting is read first, since the defaults of the other options are its own.
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument("--setting", choices=CONFIGS, default="recommended")
    setting = first.parse_known_args()[0].setting
    command = tyro.cli(
        TrainCommand,
        description=__doc__,
        default=TrainCommand(tyro.MISSING, tyro.MISSING, CONFIGS[setting], setting=setting),
        config=(tyro.conf.PositionalRequiredArgs, tyro.conf.OmitArgPrefixes),
    )
    check_setting(setting, open_data(command.data))
    train(command.data, command.out, command.config, resume=command.resume)


if __name__ == "__main__":
    run_cli(main)
