"""What released networks are loaded from, and how what is built is filled."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import torch
from torch import Tensor, nn

from vidgan._weight_files.report import compare, describe
from vidgan._weights import read_state
from vidgan.interop.nvidia.layouts import Layout, rename
from vidgan.layers import Norm

Source: TypeAlias = Mapping[str, Tensor] | str | os.PathLike[str]
"""The weights of a released network: a state dict, or a file with one (``.pth``, ``.safetensors``).

A file is read as any weight file: it is checked, and nothing in it is run.
"""
ModuleT = TypeVar("ModuleT", bound=nn.Module)
_COUNTER = "num_batches_tracked"  # of norms, which files before PyTorch 0.4.1 lack


class Released:
    """The weights of one released network, and what their names and shapes tell.

    Args:
        source: a state dict or a file.
        function: name of the caller, the first word of the messages.
        what: what the source must be, for messages, such as ``"a released generator"``.
    """

    def __init__(self, source: Source, function: str, what: str) -> None:
        self.function, self.what = function, what
        self.file = Path(source) if isinstance(source, str | os.PathLike) else None
        state = read_state(self.file, function) if self.file else source
        if not isinstance(state, Mapping) or not all(isinstance(v, Tensor) for v in state.values()):
            got = type(state).__name__
            rule = "a state dict (names to tensors) or the path of a file with one"
            raise TypeError(f"{function}: the weights of {what} must be {rule}, got a {got}")
        # nn.DataParallel puts this before every name
        prefix = "module." if state and all(key.startswith("module.") for key in state) else ""
        self.state = {key.removeprefix(prefix): value for key, value in state.items()}
        self.parts = {key.partition(".")[0] for key in self.state}

    def shape(self, key: str, axis: int) -> int:
        """Return the size of a weight of a convolution along an axis."""
        weight = self.state.get(key)
        if weight is None:
            raise self.refused(f"{key} is missing")
        if weight.dim() != 4:
            raise self.refused(f"{key} must have 4 axes, got the shape {tuple(weight.shape)}")
        return int(weight.shape[axis])

    def count(self, pattern: str) -> int:
        """Count the different numbers that the group of ``pattern`` has in the names."""
        found = (re.match(pattern, key) for key in self.state)
        return len({match[1] for match in found if match})

    def num_blocks(self, part: str) -> int:
        """Count the residual blocks of a part."""
        return self.count(rf"{part}\.(\d+)\.conv_block\.")

    def num_convs(self, part: str) -> int:
        """Count the convolutions of a part that are in no residual block."""
        key = re.compile(rf"{part}\.\d+\.weight")
        return sum(bool(key.fullmatch(k)) and v.dim() == 4 for k, v in self.state.items())

    @property
    def norm(self) -> Norm:
        """The norm: batch norm has weights and statistics, the released instance norm these."""
        with_statistics = [k for k in self.state if k.endswith(".running_mean")]
        if not with_statistics:
            return "instance"
        is_affine = f"{with_statistics[0].rpartition('.')[0]}.weight" in self.state
        return "batch" if is_affine else "instance_tracked"

    def divided(self, number: int, by: int, what: str) -> int:
        """Return ``number / by``, which is a whole number in the weights of such a network."""
        if by < 1 or number % by or number < by:
            raise self.refused(f"{what} must be a multiple of {by}, got {number}")
        return number // by

    def refused(self, reason: str) -> ValueError:
        """Return the error of weights that are no such network's."""
        source = "the weights" if self.file is None else str(self.file)
        return ValueError(f"{self.function}: {source} are not those of {self.what}: {reason}")


def build(
    builder: Callable[..., ModuleT],
    options: dict[str, Any],
    weights: list[Released],
    layouts: Callable[[ModuleT], list[Layout]],
) -> ModuleT:
    """Build a network, and load the weights of its parts under their released names.

    Args:
        builder: of `vidgan.models`.
        options: its arguments.
        weights: of each part.
        layouts: returns the layout of each part of what was built.

    Raises:
        ValueError: the options do not make a network, or names or shapes do not agree.
    """
    first = weights[0]
    try:
        with torch.device("meta"):  # compared before any memory is taken
            empty = builder(**options)
    except (ValueError, RuntimeError, TypeError) as error:
        raise first.refused(str(error).partition("\n")[0]) from error
    for part, layout in zip(weights, layouts(empty), strict=True):
        wanted = rename(empty.state_dict(), layout)
        counters = {key for key in wanted if key.endswith(_COUNTER)}
        if not counters & part.state.keys():
            part.state |= {key: torch.tensor(0) for key in counters}
        difference = compare(part.state, wanted)
        if any(difference):
            raise part.refused(describe(difference, part.state, wanted))
    with torch.device("cpu"), torch.random.fork_rng(devices=[]):
        network = builder(**options)
    state = {}
    for part, layout in zip(weights, layouts(network), strict=True):
        for ours, theirs in rename_keys(network, layout).items():
            state[ours] = part.state[theirs].detach().clone()
    network.load_state_dict(state, strict=True, assign=True)
    return network.eval()


def rename_keys(network: nn.Module, layout: Layout) -> dict[str, str]:
    """Return the released name of every weight of ``network`` that ``layout`` places."""
    places = ((key, *key.rpartition(".")[::2]) for key in network.state_dict())
    return {key: f"{layout[module]}.{name}" for key, module, name in places if module in layout}
