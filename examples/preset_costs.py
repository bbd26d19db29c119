"""Print what each preset costs, as a Markdown table; docs/presets.md holds it.

    python -m examples.preset_costs

Large networks and frames are built on the meta device, where nothing is computed: any machine
will do.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from examples.vid2vid.clips import Clip
from examples.vid2vid.command_line import run_cli
from examples.vid2vid.networks import build_generator, build_objective
from examples.vid2vid.presets import PRESETS, Preset
from examples.vid2vid.saved_tensors import SavedTensors
from vidgan.rollout import RolloutState, SequentialRollout

HEADER = """\
Everything in float32, for one frame of one video at the last stage of the training (all scales,
all discriminators).

- *G*, *D's*: parameters of the generator; of D_I, every D_V and the face's discriminator together.
- *TFLOP*: of the generator's convolutions, forward, 2 a multiply-add.
- *activations of G*: the tensors that the generator keeps for its backward pass, each storage
  once, weights left out, condition maps and past frames included.
- *with losses*: the same of a whole training step on one frame: generator, discriminators,
  perceptual network (but not the face's crops, a few MiB). A step on a chunk of T frames keeps at
  most T times as much.
- *clip*: the frames, condition maps, flows and masks of one training clip at its full length.
- *fixed*: weights, their gradients and Adam's two moments, and the generator's averaged weights.
- *all*: fixed, clip, and a step on a chunk of the setting's length.

Not counted: what an operator needs while it runs, gradients of activations on their way back,
and the CUDA context.
"""
_GIB = 2**30


class Costs(NamedTuple):
    """What one preset costs.

    Attributes:
        generator: its parameters.
        discriminators: the parameters of all of them.
        flop: of the generator, for one frame.
        generator_bytes: that the generator keeps of one frame for its backward pass.
        step_bytes: that the training step keeps of one frame, the generator's included.
        clip_bytes: of a clip.
    """

    generator: int
    discriminators: int
    flop: int
    generator_bytes: int
    step_bytes: int
    clip_bytes: int

    @property
    def fixed_bytes(self) -> int:
        """Weights, gradients, two moments each, and the averaged generator, in float32."""
        return 4 * (4 * (self.generator + self.discriminators) + self.generator)

    def step_total(self, chunk_length: int) -> int:
        """Sum up what a step on a chunk needs at most, in bytes."""
        return self.fixed_bytes + self.clip_bytes + chunk_length * self.step_bytes


def preset_costs(preset: Preset) -> Costs:
    """Count what a preset costs, by one training step on one frame."""
    config = preset.config
    # The blur pooling of the AlexNet leaves autocast, which the meta device does not know.
    device = "cpu" if config.objective.perceptual == "alexnet" else "meta"
    model, objective_config = config.model, config.objective
    with torch.device(device):
        generator = build_generator(model, preset.condition_channels)
        objective = build_objective(
            model, objective_config, preset.condition_channels, pretrained=False
        )
        networks = sum(_parameters(network) for network in objective.discriminators)
        objective.region_discriminator = None  # how many faces there are depends on the data
        clip = _clip(preset)
    given, chunk = clip.between(0, -1), clip.between(-1, clip.frames.shape[1])
    recent = given.between(-model.past_frames, given.frames.shape[1])
    rollout = SequentialRollout(generator)
    saved = SavedTensors(generator, objective)
    with saved:
        with FlopCounterMode(display=False) as counter:
            output, _ = rollout(
                chunk.conditions,
                RolloutState(recent.frames, recent.conditions),
                foreground_masks=chunk.foreground_masks if model.foreground else None,
            )
        generator_bytes = saved.num_bytes
        losses = objective(
            output,
            chunk,
            given,
            given.between(model.past_frames, given.frames.shape[1]).frames,
            num_scales=model.num_scales,
        )
    if any(not terms for terms in losses.video_discriminators):
        raise RuntimeError("a video discriminator saw no frames, and was not counted")
    return Costs(
        _parameters(generator),
        networks,
        counter.get_total_flops(),
        generator_bytes,
        saved.num_bytes,
        _num_bytes(clip),
    )


def _clip(preset: Preset) -> Clip:
    """Build a clip of zeros, all frames in the memory of one."""
    height, width = preset.size
    config = preset.config
    length = config.model.past_frames + config.clip_length

    def video(channels: int, dtype: torch.dtype = torch.float32) -> Tensor:
        frame = torch.zeros(1, 1, channels, height, width, dtype=dtype)
        return frame.expand(-1, length, -1, -1, -1)

    rates = range(max(1, config.model.num_rates))
    flows = {config.objective.video_frames**rate: video(2) for rate in rates}
    clip = Clip(video(preset.condition_channels), video(3), flows, video(1))
    if not config.model.foreground:
        return clip
    return clip._replace(foreground_masks=video(1), instances=video(1, torch.int64))


def _num_bytes(clip: Clip) -> int:
    parts = [clip.conditions, clip.frames, *clip.flows.values(), *clip[3:]]
    return sum(part.numel() * part.element_size() for part in parts if part is not None)


def _parameters(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def costs_table(costs: dict[str, tuple[Preset, Costs]]) -> str:
    """Write costs as a Markdown table, one row a preset."""
    rows = [
        "| setting | width x height | scales | G, M | D's, M | TFLOP a frame "
        "| activations of G, GiB | with losses, GiB | clip, GiB | fixed, GiB | chunk | all, GiB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, (preset, cost) in costs.items():
        chunk = preset.config.chunk_length
        cells = [
            f"`{name}`",
            preset.name_of_size,
            f"{preset.config.model.num_scales}",
            f"{cost.generator / 1e6:.1f}",
            f"{cost.discriminators / 1e6:.1f}",
            f"{cost.flop / 1e12:.{2 if cost.flop > 1e11 else 4}f}",
            *(
                f"{number / _GIB:.2f}"
                for number in (
                    cost.generator_bytes,
                    cost.step_bytes,
                    cost.clip_bytes,
                    cost.fixed_bytes,
                )
            ),
            f"{chunk}",
            f"{cost.step_total(chunk) / _GIB:.1f}",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    print(HEADER)
    print(costs_table({name: (preset, preset_costs(preset)) for name, preset in PRESETS.items()}))


if __name__ == "__main__":
    run_cli(main)
