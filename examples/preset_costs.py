"""Print what each preset costs, as a Markdown table; docs/presets.md includes it.

    python -m examples.preset_costs

Large networks and frames are built on the meta device, where nothing is computed: it runs on any
machine.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

from examples.edges_to_face.task import EdgesToFace
from examples.labels_to_street.task import LabelsToStreet
from examples.pose_to_body.task import PoseToBody
from examples.vid2vid.clips import Clip
from examples.vid2vid.command_line import run_cli
from examples.vid2vid.discriminators import build_objective
from examples.vid2vid.networks import build_generator
from examples.vid2vid.task import Preset
from vidgan.rollout import RolloutState, SequentialRollout

HEADER = """\
Everything is in float32, for one frame of one video in the last stage of the training (all
scales, all discriminators).

- *G*, *D's*: parameters of the generator; of D_I, every D_V and the face discriminator together.
- *TFLOP*: the generator's convolutions, forward, 2 operations per multiply-add.
- *activations of G*: the tensors that the generator saves for its backward pass, each storage
  once, without weights, with condition maps and past frames.
- *with losses*: the same for a whole training step on one frame: generator, discriminators,
  perceptual network (but not the face crops, a few MiB). A step on a chunk of T frames saves at
  most T times as much.
- *clip*: the frames, condition maps, flows and masks of one training clip at its full length.
- *fixed*: weights, their gradients and Adam's two moments, and the generator's averaged weights.
- *all*: fixed, clip, and a step on a chunk of the setting's length.

Not counted: temporary buffers of operators, gradients of activations in the backward pass,
and the CUDA context.
"""
_GIB = 2**30
PRESETS: dict[str, Preset] = {
    name: preset
    for task in (LabelsToStreet, EdgesToFace, PoseToBody)
    for name, preset in task.presets.items()
}


class SavedTensors(saved_tensors_hooks):
    """Context manager that counts the bytes saved for the backward pass, each storage once.

    Args:
        without: modules whose weights and buffers are not counted.
    """

    def __init__(self, *without: nn.Module) -> None:
        super().__init__(self._keep, lambda tensor: tensor)
        own = [t for m in without for t in (*m.parameters(), *m.buffers())]
        self._left_out = {id(tensor.untyped_storage()) for tensor in own}
        self._kept: dict[int, torch.UntypedStorage] = {}  # kept alive, so that no id is reused

    def __enter__(self) -> SavedTensors:
        super().__enter__()
        return self

    @property
    def num_bytes(self) -> int:
        """Bytes of the storages saved so far."""
        return sum(storage.nbytes() for storage in self._kept.values())

    def _keep(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if id(storage) not in self._left_out:
            self._kept[id(storage)] = storage
        return tensor


class Costs(NamedTuple):
    """The costs of one preset.

    Attributes:
        generator: parameters of the generator.
        discriminators: parameters of all discriminators.
        flop: floating-point operations of the generator for one frame.
        generator_bytes: bytes that the generator saves per frame for its backward pass.
        step_bytes: bytes that the whole training step saves per frame, including the generator.
        clip_bytes: bytes of a clip.
    """

    generator: int
    discriminators: int
    flop: int
    generator_bytes: int
    step_bytes: int
    clip_bytes: int

    @property
    def fixed_bytes(self) -> int:
        """Bytes of weights, gradients, two moments each, and the averaged generator, in float32."""
        return 4 * (4 * (self.generator + self.discriminators) + self.generator)

    def step_total(self, chunk_length: int) -> int:
        """Compute the maximum memory of a step on a chunk, in bytes."""
        return self.fixed_bytes + self.clip_bytes + chunk_length * self.step_bytes


def preset_costs(preset: Preset) -> Costs:
    """Compute the costs of a preset from one training step on one frame."""
    config = preset.config
    # The blur pooling of AlexNet disables autocast, which the meta device does not support.
    device = "cpu" if config.objective.perceptual == "alexnet" else "meta"
    model, objective_config = config.model, config.objective
    with torch.device(device):
        generator = build_generator(model, preset.condition_channels)
        objective = build_objective(
            model, objective_config, preset.condition_channels, pretrained=False
        )
        networks = sum(_parameters(network) for network in objective.discriminators.values())
        objective.region_discriminator = None  # the number of faces depends on the data
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
    if any(not terms for name, terms in losses.items() if name.startswith("video_")):
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
    """Build a clip of zeros whose frames share the memory of one."""
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
    """Format costs as a Markdown table, one row per preset."""
    rows = [
        "| setting | width x height | scales | G, M | D's, M | TFLOP per frame "
        "| activations of G, GiB | with losses, GiB | clip, GiB | fixed, GiB | chunk | all, GiB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, (preset, cost) in costs.items():
        chunk = preset.config.chunk_length
        cells = [
            f"`{name}`",
            f"{preset.size[1]}x{preset.size[0]}",
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
