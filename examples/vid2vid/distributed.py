"""All that several processes need, one per GPU, as `torchrun` starts them; alone, it does nothing.

The gradients, the running statistics of norms and the decisions are those of one process with the
joined batch, and rank 0 alone writes.
"""

from __future__ import annotations

import ctypes
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer

_PR_SET_PDEATHSIG = 1


def rank() -> int:
    """Return the number of this process, 0 if it is alone."""
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


def world_size() -> int:
    """Return the number of processes."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


@contextmanager
def processes(*, timeout: float) -> Iterator[torch.device]:
    """Join the other processes that `torchrun` has started, and choose the device of this one.

    Args:
        timeout: seconds to wait for a process that takes no part.

    Raises:
        ConnectionError: a process died or hangs; the message has its rank.
    """
    is_cuda = torch.cuda.is_available()
    if dist.is_initialized() or int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield torch.device("cuda" if is_cuda else "cpu")
        return
    end_with_parent()
    device = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if is_cuda else torch.device("cpu")
    if is_cuda:
        torch.cuda.set_device(device)
    wait = timedelta(seconds=timeout)
    dist.init_process_group("cpu:gloo,cuda:nccl" if is_cuda else "gloo", timeout=wait)
    roll_call = dist.new_group(backend="gloo", timeout=wait)
    try:
        yield device
    except RuntimeError as error:  # of a collective, if a process is missing
        try:
            dist.monitored_barrier(roll_call, timeout=timedelta(seconds=10), wait_all_ranks=True)
        except RuntimeError as missing:
            raise ConnectionError(
                f"a process died or hangs: {' '.join(str(missing).split())}"
            ) from error
        raise
    finally:
        dist.destroy_process_group()


def end_with_parent() -> None:
    """Let this process be killed, on Linux, when the one that started it ends, even by a kill."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextmanager
def main_first() -> Iterator[None]:
    """Let rank 0 run the block before the others; if it fails, they end with it, in silence."""
    if rank() > 0 and maximum(0.0)[0]:
        raise SystemExit(2)
    failed = 1.0
    try:
        yield
        failed = 0.0
    finally:
        if rank() == 0:
            maximum(failed)


def synchronize_norms(module: nn.Module) -> nn.Module:
    """Let every batch norm use the statistics of the joined batch of all processes."""
    if world_size() == 1:
        return module
    from examples.vid2vid.gloo_batch_norm import synchronize_batch_norms

    return synchronize_batch_norms(module)


def wrap(module: nn.Module) -> nn.Module:
    """Wrap a module whose forward computes all losses of a step, so that gradients are averaged.

    Every network may be without losses in some steps, or be frozen.

    Raises:
        ValueError: a batch norm sees the samples of its own process alone.
    """
    if world_size() == 1:
        return module
    from examples.vid2vid.gloo_batch_norm import is_synchronized

    if not is_synchronized(module):
        raise ValueError(
            "the batch norms must be converted with synchronize_norms: each would see the samples "
            "of its own process alone, and the gradients would not be those of the joined batch"
        )
    names = [name for name, weight in module.named_parameters() if _is_part(weight)]  # by `shard`
    DistributedDataParallel._set_params_and_buffers_to_ignore_for_model(module, names)  # noqa: SLF001
    return DistributedDataParallel(module, find_unused_parameters=True)


def shard(module: nn.Module) -> None:
    """Spread the weights of a network over all processes (FSDP2); one alone raises ValueError."""
    from examples.vid2vid.sharding import shard_weights

    shard_weights(module, world_size())


def whole(state: Any) -> Any:
    """Replace the parts of weights in nested dicts by whole ones; all processes must call it."""
    if world_size() == 1:
        return state
    from examples.vid2vid.sharding import whole_state

    return whole_state(state)


def load_whole(target: nn.Module | Optimizer, state: dict[str, Any]) -> None:
    """Load the state for whole weights into a network or an optimizer, sharded or not."""
    if world_size() == 1:
        target.load_state_dict(state)
    else:
        from examples.vid2vid.sharding import load_whole_state

        load_whole_state(target, state)


def local(tensors: list[Tensor]) -> list[Tensor]:
    """Return the parts in this process of tensors that are sharded, and the others as they are."""
    return [each.to_local() if _is_part(each) else each for each in tensors]


def synchronize_gradients(module: nn.Module, is_on: bool) -> None:
    """Let the backward passes of a wrapped module average the gradients, or not.

    They do not where several batches make one step: DDP leaves out the weights without a gradient
    in the last of them, so that `average` is the way then.
    """
    if isinstance(module, DistributedDataParallel):
        module.require_backward_grad_sync = is_on


def running_statistics(module: nn.Module) -> list[Tensor]:
    """List the running statistics that `average` must make equal after every step."""
    if world_size() == 1:
        return []
    norms = (part for part in module.modules() if isinstance(part, _NormBase))
    tracked = [norm for norm in norms if norm.running_mean is not None]
    return [value for norm in tracked for value in (norm.running_mean, norm.running_var)]


@torch.no_grad()
def average(tensors: list[Tensor]) -> None:
    """Replace tensors by their means over all processes, bit-equal everywhere."""
    tensors = [each for each in tensors if not _is_part(each)]  # FSDP2 averages those
    if not tensors or world_size() == 1:
        return
    joined = torch.cat([each.flatten() for each in tensors])
    dist.all_reduce(joined)
    parts = (joined / world_size()).split([each.numel() for each in tensors])
    for each, mean in zip(tensors, parts, strict=True):
        each.copy_(mean.view_as(each))


def maximum(*values: float) -> list[float]:
    """Return the largest of each value over all processes."""
    return _reduce(values, dist.ReduceOp.MAX)


def share(count: int) -> float | None:
    """Return what a mean over the samples of this process weighs in that over all of them.

    It is the count over the mean count of all processes; None if that is 0.
    """
    total = _reduce([count], dist.ReduceOp.SUM)[0]
    return count * world_size() / total if total else None


def gather(value: Any) -> list[Any]:
    """Return the value of every process, by rank, with its tensors on the CPU if it has others."""
    if world_size() == 1:
        return [value]
    packed = io.BytesIO()
    torch.save(value, packed)
    everywhere = [packed.getvalue()] * world_size()
    dist.all_gather_object(everywhere, packed.getvalue())
    return [
        torch.load(io.BytesIO(each), map_location="cpu", weights_only=True) for each in everywhere
    ]


def pick(count: int, batch_size: int, rng: torch.Generator) -> list[int]:
    """Choose the samples of this process, none of which another one has if there are enough.

    Args:
        count: number of samples to choose from.
        batch_size: number of samples per process.
        rng: of the same state in all processes.
    """
    everywhere = world_size() * batch_size
    if world_size() == 1 or everywhere > count:
        picks = torch.randint(count, (everywhere,), generator=rng)
    else:
        picks = torch.randperm(count, generator=rng)[:everywhere]
    return picks.view(world_size(), batch_size)[rank()].tolist()


def own(rng: torch.Generator) -> torch.Generator:
    """Return a generator that differs from process to process; alone, ``rng`` as it is."""
    if world_size() == 1:
        return rng
    seeds = torch.randint(2**62, (world_size(),), generator=rng)
    return torch.Generator().manual_seed(int(seeds[rank()]))


def _is_part(value: Tensor) -> bool:
    return hasattr(value, "to_local")  # a DTensor


def _reduce(values: Any, operation: Any) -> list[float]:
    if world_size() == 1:
        return [*values]
    joined = torch.tensor([*values], dtype=torch.float64)  # on the CPU: no GPU has to wait
    dist.all_reduce(joined, operation)
    return joined.tolist()
