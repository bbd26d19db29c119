"""Steps of trainings and streams under `torch.compile`: the first, and later ones beside eager."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any
from unittest import mock

import torch
from torch import Tensor

from examples.edges_to_face.task import EdgesToFace
from examples.labels_to_street.task import LabelsToStreet
from examples.vid2vid import compiling
from examples.vid2vid.chunk_step import ChunkStep
from examples.vid2vid.clips import Clip
from examples.vid2vid.config import TrainConfig
from examples.vid2vid.discriminators import build_objective
from examples.vid2vid.networks import build_generator
from tests.benchmarks.checkpointing import FACE_CHANNELS, face_generator
from tests.benchmarks.measuring import Bench, Call, print_row
from tests.benchmarks.street import CHANNELS, CLASSES, check, street_clip
from vidgan.generators import fuse_norms
from vidgan.models import fast_generator
from vidgan.rollout import GrowthStage, RolloutState, StreamingGenerator

RATES = 2
PAST = 9  # frames before the chunk: as many as a discriminator of the second rate sees


class RecipeStep:
    """Forward and backward pass of one step of a recipe, without perceptual network and optimizers.

    Args:
        config: of the training.
        clip: of frames, the last of which are the chunk.
        num_classes: condition maps that are one-hot.
    """

    def __init__(self, config: TrainConfig, clip: Clip, num_classes: int = 0) -> None:
        torch.manual_seed(0)
        channels, device = clip.conditions.shape[2], clip.frames.device
        generator = build_generator(config.model, channels, num_classes)
        objective = build_objective(config.model, config.objective, channels)
        modules = {"generator": generator, **objective.discriminators}
        for module in (*modules.values(), objective):
            module.to(device, memory_format=torch.channels_last)
        self.step, self.clip, self.config = ChunkStep(modules, objective, config), clip, config
        self.stage = GrowthStage(config.model.num_scales, False, PAST, 1, (1.0,) * RATES)

    def __call__(self) -> list[Tensor]:
        self.step.zero_grad()
        past, clip = self.config.model.past_frames, self.clip
        state = RolloutState(
            clip.frames[:, PAST - past : PAST], clip.conditions[:, PAST - past : PAST]
        )
        losses, _, _ = self.step(
            clip, PAST, state, clip.frames[:, past:PAST], self.stage, hallucinate_only=False
        )
        terms = [loss for part in losses.values() for loss in part.values()]
        torch.stack(terms).sum().backward()
        return [term.detach() for term in terms]


@contextmanager
def _fresh_caches(bench: Bench) -> Iterator[None]:
    """Compile from nothing, by the backend `aot_eager` where only the run counts."""
    # torch looks at the .grad of the compiled part's inputs
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.dict(os.environ, {"TORCHINDUCTOR_CACHE_DIR": folder}),
        mock.patch.object(compiling, "BACKEND", bench.size("inductor", "aot_eager")),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", "The .grad attribute of a Tensor that is not a leaf")
        torch.compiler.reset()
        yield
        torch.compiler.reset()


def _clip(size: tuple[int, int], length: int, channels: int, device: torch.device) -> Clip:
    drawn = street_clip(size, length, device)
    flows = torch.zeros(1, length, 2, *size, device=device)
    strides = {3**rate: flows for rate in range(RATES)}
    return Clip(drawn.maps[:, :, :channels], drawn.frames, strides, drawn.masks, drawn.masks)


def _config(bench: Bench, config: TrainConfig) -> TrainConfig:
    model = replace(config.model, num_rates=RATES)
    if bench.quick:
        model = replace(
            model, base_channels=4, num_blocks=1, discriminator_channels=4, image_scales=1,
            video_scales=1, num_rates=RATES,
        )  # fmt: skip
    return replace(config, model=model, objective=replace(config.objective, perceptual="none"))


def time_steps(bench: Bench) -> None:
    """Compare both recipes' steps, eager and compiled, after the first one of each."""
    face = EdgesToFace.settings()["recommended"]
    street = LabelsToStreet.settings()["street-256"]
    street = replace(street, chunk_length=1, model=replace(street.model, base_channels=32))
    cases = {
        "face recipe": (face, bench.size((128, 128), (32, 32)), FACE_CHANNELS, 0),
        "street-256, width 32": (street, bench.size((128, 256), (32, 64)), CHANNELS, CLASSES),
    }
    for name, (preset, size, channels, num_classes) in cases.items():
        config = _config(bench, preset)
        clip = _clip(size, PAST + config.chunk_length, channels, bench.device)
        what = f"training step, {name}, {size[1]}x{size[0]}, {config.precision}"
        with _fresh_caches(bench):
            eager = RecipeStep(config, clip, num_classes)
            compiled = RecipeStep(replace(config, compile=True), clip, num_classes)
            print_row(bench.add(what, "compiled, first step", [bench.time(compiled)]))
            tolerance = 1e-4 if config.precision == "float32" else 5e-2
            check("losses of a step", compiled(), eager(), tolerance)
            bench.compare(what, {"eager": eager, "compiled": compiled}, repeats=7, flop=False)


def time_streams(bench: Bench) -> None:
    """Compare the steps of two streams in float32, eager and compiled, after the first one."""
    torch.manual_seed(0)
    side, size = bench.size(128, 32), bench.size((128, 256), (32, 64))
    face = face_generator(bench.size(32, 4), bench.device).eval()
    fast = fuse_norms(fast_generator(CHANNELS, base_channels=bench.size(128, 16)).eval())
    fast.to(bench.device, memory_format=torch.channels_last)
    for name, generator, channels, shape in (
        ("face recipe", face, FACE_CHANNELS, (side, side)),
        ("fast_generator", fast, CHANNELS, size),
    ):
        what = f"streaming step, {name}, {shape[1]}x{shape[0]}, float32"
        maps = street_clip(shape, 3, bench.device).maps[:, :, :channels]
        with _fresh_caches(bench):
            compiled = torch.compile(generator, backend=compiling.BACKEND, dynamic=False)
            streams = {"eager": generator, "compiled": compiled}
            calls = {path: _stream(network, maps) for path, network in streams.items()}
            frames: list[Tensor] = []
            first = bench.time(lambda calls=calls, to=frames: to.append(calls["compiled"]()))
            print_row(bench.add(what, "compiled, first step", [first]))
            check("the first frame", frames, [calls["eager"]()], 1e-3)
            bench.compare(what, calls, flop=False)


def _stream(network: Any, maps: Tensor) -> Call:
    stream = StreamingGenerator(network)
    stream.reset(maps.new_zeros(len(maps), 2, 3, *maps.shape[-2:]), maps[:, :2])
    return partial(stream.step, maps[:, 2])


def run(bench: Bench) -> None:
    """Compare steps of trainings and of streams."""
    time_steps(bench)
    time_streams(bench)
