"""The networks of a training, compiled by `torch.compile`."""

from __future__ import annotations

import os
import shutil
import sys

import torch
from einops import rearrange
from torch import nn

from examples.vid2vid.config import TrainConfig
from examples.vid2vid.objective import Objective

BACKEND = "inductor"


def check_compile(config: TrainConfig, device: torch.device) -> None:
    """Check that the networks can be compiled.

    Raises:
        ValueError: the generator is sharded, or there is no C++ compiler for a CPU.
    """
    if config.shard_generator:
        raise ValueError(
            "compile must be off where the generator is sharded, got both; leave out --compile or "
            "--shard-generator"
        )
    default = {"win32": "cl", "darwin": "clang++"}.get(sys.platform, "g++")
    compiler = os.environ.get("CXX", default)
    if device.type == "cpu" and shutil.which(compiler) is None:
        raise ValueError(
            f"compile needs a C++ compiler on the CPU, and there is no {compiler}; install one, "
            "set CXX to its path, or leave out --compile"
        )


def compile_generator(generator: nn.Module) -> nn.Module:
    """Compile the step of one frame in place, and return the generator; weights keep their names.

    Each size of the frames has graphs of its own: for first frames without coarser ones before
    them or with nothing to warp, for past frames that gradients flow to, and for frozen scales.
    """
    _keep_graphs()
    generator.compile(backend=BACKEND, dynamic=False)
    return generator


def compile_discriminators(objective: Objective) -> None:
    """Compile the networks in all discriminators in place; weights keep their names.

    Each has a graph for its own losses and one for those of the generator, of any batch size: at
    most three of each, for batches of one, for the first size above, and for all others.
    """
    _keep_graphs()
    for network in objective.discriminators.values():
        network.discriminator.compile(backend=BACKEND)


def _keep_graphs() -> None:
    """Prevent that a network runs uncompiled after a while, or is compiled once more."""
    # Beyond the limit, 8 by default, it would silently run uncompiled; all discriminators share
    # it, since it counts the graphs of a function
    torch._dynamo.config.recompile_limit = 64  # noqa: SLF001
    # einops notes the types it has seen, and a graph is valid only for those noted at the time
    for each in (torch.zeros(1), nn.Parameter(torch.zeros(1))):
        rearrange(each, "n -> n")
