"""Networks small enough for tests, and what is asked of every network."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from tests.assertions import mask, rand
from vidgan.generators import CompositeGenerator
from vidgan.layers import init_weights
from vidgan.models import composite_generator
from vidgan.outputs import FrameOutput


def tiny_generator(condition_channels: int = 2, *, seed: int = 0, **options) -> CompositeGenerator:
    """A generator of a few hundred weights, large enough to matter: the published ones are tiny."""
    torch.manual_seed(seed)
    small = {"base_channels": 2, "num_downsamplings": 1, "num_blocks": 2, "norm": "instance"}
    generator = composite_generator(condition_channels, **(small | options))
    init_weights(generator, std=0.3)
    if generator.flow_branch is not None:  # a few pixels, in images of a few pixels
        generator.flow_branch.flow_head.conv.weight.data *= 0.05
    return generator


def frame_inputs(
    generator: CompositeGenerator, size: tuple[int, int] = (4, 6), *, batch: int = 2, seed: int = 0
) -> dict[str, Any]:
    """Arguments for one frame of ``generator``."""
    length = generator.past_frames
    shapes = {
        "conditions": (batch, length + 1, generator.condition_channels, *size),
        "past": (batch, length, generator.image_channels, *size),
    }
    call: dict[str, Any] = {
        name: rand(*shape, seed=seed + i) for i, (name, shape) in enumerate(shapes.items())
    }
    if generator.foreground is not None:
        call["foreground_mask"] = mask(batch, 1, *size, seed=seed + 7)
    return call


class LinearGenerator(nn.Module):
    """``frame = decay * last past frame + gain * current condition``, whose rollout is a sum.

    The hallucinated frame is the condition's part alone. With ``foreground``, the mask is added.
    """

    def __init__(
        self,
        past_frames: int = 2,
        *,
        decay: float = 0.5,
        gain: float = 1.0,
        foreground: bool = False,
    ) -> None:
        super().__init__()
        self.past_frames = past_frames
        self.foreground = foreground
        self.decay = nn.Parameter(torch.tensor(decay, dtype=torch.float64))
        self.gain = nn.Parameter(torch.tensor(gain, dtype=torch.float64))

    def forward(
        self,
        conditions: Tensor,
        past: Tensor,
        *,
        foreground_mask: Tensor | None = None,
        hallucinate_only: bool = False,
    ) -> FrameOutput:
        assert conditions.shape[1] == self.past_frames + 1
        assert past.shape[1] == self.past_frames
        assert (foreground_mask is not None) == self.foreground
        hallucinated = self.gain * conditions[:, -1]
        if foreground_mask is not None:
            hallucinated = hallucinated + foreground_mask
        warped = self.decay * past[:, -1]
        flow, occlusion = warped[:, :2], warped[:, :1]
        frame = hallucinated if hallucinate_only else warped + hallucinated
        return FrameOutput(frame, hallucinated, warped, flow, occlusion)


class RecurrentGenerator(nn.Module):
    """``memory = keep * memory + condition + style``; ``frame = decay * last + memory + motion``.

    The memory is a pair: the sum above, and the number of frames so far.
    """

    past_frames = 1

    def __init__(self, keep: float = 0.5, decay: float = 0.25) -> None:
        super().__init__()
        self.keep = nn.Parameter(torch.tensor(keep, dtype=torch.float64))
        self.decay = nn.Parameter(torch.tensor(decay, dtype=torch.float64))

    def forward(
        self,
        conditions: Tensor,
        past: Tensor,
        *,
        style: Tensor,
        motion: Tensor,
        memory: tuple[Tensor, ...] = (),
    ) -> FrameOutput:
        new = conditions[:, -1] + style[:, :, None, None]
        count = torch.ones(len(new), dtype=torch.long)
        if memory:
            new, count = new + self.keep * memory[0], memory[1] + 1
        frame = (self.decay * past[:, -1] + new + motion).tanh()
        return FrameOutput(frame, frame, memory=(new, count))


def outputs_and_gradients(
    module: nn.Module, args: tuple[Any, ...], options: dict[str, Any]
) -> tuple[list[Tensor], list[Tensor | None]]:
    """Every tensor that ``module`` returns, and the gradient at every weight and argument."""
    module.zero_grad()
    args, options = copy.deepcopy((args, options))
    leaves = [value for value in tree_leaves((args, options)) if isinstance(value, Tensor)]
    for leaf in leaves:
        leaf.requires_grad_(leaf.is_floating_point())
    outputs = [out for out in tree_leaves(module(*args, **options)) if isinstance(out, Tensor)]
    torch.stack([out.square().sum() for out in outputs if out.requires_grad]).sum().backward()
    gradients = [leaf.grad for leaf in (*leaves, *module.parameters())]
    return [out.detach() for out in outputs], gradients


def assert_module_compiles(module: nn.Module, *args: Any, **options: Any) -> None:
    """``module`` compiles without a graph break; outputs, gradients and buffers stay the same."""
    torch.compiler.reset()
    own = copy.deepcopy(module)
    compiled = torch.compile(own, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(
        outputs_and_gradients(compiled, args, options),
        outputs_and_gradients(module, args, options),
    )
    torch.testing.assert_close(dict(own.named_buffers()), dict(module.named_buffers()))


def assert_same_bits(got: Any, want: Any) -> None:
    """The tensors in two structures are equal, bit by bit."""
    torch.testing.assert_close(got, want, rtol=0, atol=0, equal_nan=True)
