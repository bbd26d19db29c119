"""Estimate of the memory that the training of a frame generator takes, computed without any."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._pytree import tree_leaves

from vidgan._checks import check_at_least
from vidgan.protocols import FrameGenerator
from vidgan.rollout._keeping import Keeping, Kept
from vidgan.rollout.sequential import SequentialRollout
from vidgan.rollout.state import RolloutState

_NAME = "estimate_memory"
_MOMENTS = 2 * 4  # bytes of Adam's two moments of one weight, in float32


class MemoryEstimate(NamedTuple):
    """The memory that training a generator on chunks takes, in bytes.

    Attributes:
        parameters: the weights.
        gradients: the gradients of those weights that are trained.
        optimizer_state: Adam's two moments of these, in float32.
        activations: what one frame saves for the backward pass, without weights.
        checkpointed: what one frame keeps with activation checkpointing: the inputs of its step,
            and some results of costly convolutions.
        num_frames: T, frames of the chunk.

    Example:
        >>> estimate = MemoryEstimate(40, 40, 80, activations=1000, checkpointed=50, num_frames=10)
        >>> estimate.fixed, estimate.total, estimate.checkpointed_total
        (160, 10160, 1660)
    """

    parameters: int
    gradients: int
    optimizer_state: int
    activations: int
    checkpointed: int
    num_frames: int

    @property
    def fixed(self) -> int:
        """Bytes of weights, gradients and moments, which no frame adds to."""
        return self.parameters + self.gradients + self.optimizer_state

    @property
    def total(self) -> int:
        """Bytes for a chunk without activation checkpointing."""
        return self.fixed + self.num_frames * self.activations

    @property
    def checkpointed_total(self) -> int:
        """Bytes for a chunk with it, that is one frame's activations and what all keep."""
        return self.fixed + self.num_frames * self.checkpointed + self.activations

    def to_text(self) -> str:
        """Write all parts and both sums as lines, in MiB."""
        chunk = f"chunk of {self.num_frames} frame{'s' if self.num_frames > 1 else ''}"
        rows = {
            "parameters": self.parameters,
            "gradients": self.gradients,
            "Adam's moments": self.optimizer_state,
            "activations of a frame": self.activations,
            "the same, checkpointed": self.checkpointed,
            f"all, {chunk}": self.total,
            "all, checkpointed": self.checkpointed_total,
        }
        width = max(map(len, rows))
        return "\n".join(f"{name:{width}} {n / 2**20:12,.1f} MiB" for name, n in rows.items())


def estimate_memory(
    generator: nn.Module,
    size: tuple[int, int],
    *,
    batch: int = 1,
    num_frames: int = 1,
    dtype: torch.dtype = torch.float32,
) -> MemoryEstimate:
    r"""Compute the memory of a training step of a frame generator on a chunk of T frames.

    .. math:: M = P + G + A + T a, \qquad M_{\text{checkpointed}} = P + G + A + T c + a

    P, G, A: weights, gradients, moments of Adam; a: activations that one frame saves; c: what it
    keeps with activation checkpointing. The generator is copied to the meta device and rolled out
    for two frames, where nothing is computed and no memory taken; every storage counts once.
    Not counted: losses and discriminators, the data, temporary buffers of operators, gradients of
    activations, buffers of norms, and what the device's driver takes.

    Args:
        generator: a `FrameGenerator` module with an attribute ``condition_channels``, on any
            device; it stays as it is.
        size: height and width of the frames.
        batch: B, the number of videos.
        num_frames: T, frames of a chunk.
        dtype: of weights, gradients and activations, as after ``generator.to(dtype)``. Under
            ``torch.autocast``, weights and gradients stay float32, and some activations do.

    Returns:
        The bytes of each part, and their sums.

    Raises:
        ValueError: a number is below 1, or the generator cannot take frames of this size.
        TypeError: size is not two integers, a number is no integer, dtype is no floating-point
            type, or the module is no frame generator.

    Example:
        >>> from vidgan.models import composite_generator
        >>> generator = composite_generator(4, base_channels=8, num_downsamplings=2, num_blocks=2)
        >>> estimate = estimate_memory(generator, (64, 96), num_frames=12)
        >>> estimate.parameters == 4 * sum(weight.numel() for weight in generator.parameters())
        True
        >>> estimate.checkpointed_total < estimate.total / 3
        True
    """
    _check(generator, size, dtype, batch=batch, num_frames=num_frames)
    network = _meta_copy(generator).to(dtype).train()
    weights = list(network.parameters())
    trained = [weight for weight in weights if weight.requires_grad]
    saved, inputs = _saved_by_a_frame(network, size, batch, dtype)
    return MemoryEstimate(
        _num_bytes(weights),
        _num_bytes(trained),
        _MOMENTS * sum(weight.numel() for weight in trained),
        saved,
        inputs,
        num_frames,
    )


def _check(generator: nn.Module, size: Any, dtype: Any, **numbers: Any) -> None:
    if not isinstance(generator, FrameGenerator) or not hasattr(generator, "condition_channels"):
        rule = "the network must be a frame generator with past_frames and condition_channels"
        raise TypeError(f"{_NAME}: {rule}, got {type(generator).__name__}")
    if not isinstance(size, tuple | list) or len(size) != 2:
        raise TypeError(f"{_NAME}: size must be (height, width), got {size!r}")
    numbers = {"height": size[0], "width": size[1]} | numbers
    for name, value in numbers.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{_NAME}: {name} must be an integer, got {value!r}")
    check_at_least(_NAME, 1, **numbers)
    if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
        raise TypeError(f"{_NAME}: dtype must be a floating-point torch.dtype, got {dtype!r}")


def _meta_copy(network: nn.Module) -> nn.Module:
    """Copy a module to the meta device; its tensors are never copied, so it takes no memory."""
    memo: dict[int, Any] = {}
    for weight in network.parameters():
        memo[id(weight)] = nn.Parameter(weight.detach().to("meta"), weight.requires_grad)
    for buffer in network.buffers():
        memo[id(buffer)] = buffer.detach().to("meta")
    return copy.deepcopy(network, memo)


def _saved_by_a_frame(
    network: nn.Module, size: tuple[int, int], batch: int, dtype: torch.dtype
) -> tuple[int, int]:
    """Return the bytes that one frame saves for its backward pass, and those with checkpointing."""
    left_out = {id(t.untyped_storage()) for t in (*network.parameters(), *network.buffers())}
    # kept alive, so that no id is used again
    saved: dict[int, torch.UntypedStorage] = {}
    inputs: dict[int, torch.UntypedStorage] = {}
    kept = Kept(())

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if id(storage) not in left_out:
            saved[id(storage)] = storage
        return tensor

    def keep_inputs(_: nn.Module, args: Any, kwargs: Any) -> None:
        nonlocal kept
        kept = Kept((args, kwargs))
        for value in tree_leaves((args, kwargs)):
            if isinstance(value, Tensor):
                inputs[id(value.untyped_storage())] = value.untyped_storage()

    conditions, state, masks = _zeros(network, size, batch, dtype)
    rollout = SequentialRollout(network)
    with (
        torch.enable_grad(),
        saved_tensors_hooks(keep, lambda tensor: tensor),
        network.register_forward_pre_hook(keep_inputs, with_kwargs=True),
    ):
        _, state = rollout(conditions, state, foreground_masks=masks)
        # the second frame is as all later ones: a memory and coarser past frames enter it
        saved.clear()
        inputs.clear()
        rollout(conditions, state, foreground_masks=masks)
    with Keeping(kept):
        output, _ = rollout(conditions, state, foreground_masks=masks)
    kept.forget(output)
    results = [result for result in kept.results if result is not None]
    return _stored(saved), _stored(inputs) + sum(result.nbytes for result in results)


def _zeros(
    network: nn.Module, size: tuple[int, int], batch: int, dtype: torch.dtype
) -> tuple[Tensor, RolloutState, Tensor | None]:
    """Return the condition of one frame, the state before it, and its foreground mask, on meta."""
    scale = getattr(network, "frame_scale", 1)
    small = (round(size[0] / scale), round(size[1] / scale))  # conditions may be smaller

    def video(length: int, channels: int, size: tuple[int, int]) -> Tensor:
        return torch.zeros(batch, length, channels, *size, dtype=dtype, device="meta")

    length = cast("FrameGenerator", network).past_frames
    channels = cast("int", network.condition_channels)
    past = video(length, int(getattr(network, "image_channels", 3)), size)
    parts = [getattr(part, "foreground", None) for part in network.modules()]
    has_foreground = any(part not in (None, False) for part in parts)
    state = RolloutState(past, video(length, channels, small))
    return video(1, channels, small), state, video(1, 1, small) if has_foreground else None


def _stored(kept: dict[int, torch.UntypedStorage]) -> int:
    return sum(storage.nbytes() for storage in kept.values())


def _num_bytes(tensors: list[nn.Parameter]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
