"""Networks whose weights are spread over all processes, by PyTorch's `fully_shard` (FSDP2)."""

from __future__ import annotations

import warnings
from typing import Any

from torch import Tensor, nn
from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.optim import Optimizer
from torch.utils._pytree import tree_map

from vidgan.generators import CoarseToFineGenerator
from vidgan.layers import ResidualBlock


def shard_weights(module: nn.Module, world_size: int) -> None:
    """Leave in each process its part of every weight; a block has all of its own while it runs.

    Raises:
        ValueError: there is one process alone.
    """
    if world_size == 1:
        raise ValueError(
            "shard_generator needs several processes, got one; start them with torchrun, or leave "
            "out --shard-generator"
        )
    # Nothing is done in place to the views that a generator returns
    warnings.filterwarnings("ignore", "FSDP2-wrapped module .* returned a view", UserWarning)
    for weight in module.parameters():
        weight.data = weight.data.contiguous()  # shards have no other layout
    coarse_to_fine = [part for part in module.modules() if isinstance(part, CoarseToFineGenerator)]
    # Each scale by itself, since coarse ones are trained before the finer ones take part
    scales = [scale for part in coarse_to_fine for scale in part.generators]
    for scale in scales or [module]:
        for block in scale.modules():
            if isinstance(block, ResidualBlock):
                fully_shard(block)
        fully_shard(scale, reshard_after_forward=True)  # also where no backward pass follows
    for scale in scales:
        register_fsdp_forward_method(scale, "forward_with_features")


def whole_state(state: Any) -> Any:
    """Replace the parts of weights in a state dict by whole ones, on the CPU, in all processes."""
    return tree_map(lambda each: each.full_tensor().cpu() if _is_part(each) else each, state)


def load_whole_state(target: nn.Module | Optimizer, state: dict[str, Any]) -> None:
    """Load the state for whole weights into a network or an optimizer, sharded or not."""
    if isinstance(target, nn.Module):
        own = target.state_dict()
        state = {name: _part_of(value, own.get(name)) for name, value in state.items()}
    target.load_state_dict(state)
    if isinstance(target, Optimizer):
        for weight, moments in target.state.items():
            for name, value in moments.items():
                if value.shape == weight.shape:
                    moments[name] = _part_of(value, weight)


def _is_part(value: Any) -> bool:
    return isinstance(value, DTensor)


def _part_of(value: Tensor, like: Any) -> Tensor:
    """Return the part of a whole tensor, which every process has, that ``like`` is of its own."""
    if not _is_part(like):
        return value
    value = value.to(like.device, like.dtype)
    return distribute_tensor(value, like.device_mesh, like.placements, src_data_rank=None)
