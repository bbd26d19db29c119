"""A rollout under DistributedDataParallel: two processes on the CPU."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from torch.multiprocessing.spawn import spawn
from torch.nn.parallel import DistributedDataParallel
from torch.utils._pytree import tree_map

from tests.assertions import rand
from tests.networks import tiny_generator
from vidgan.layers import ResidualBlock
from vidgan.outputs import RolloutOutput
from vidgan.rollout import RolloutState, SequentialRollout

WORLD_SIZE = 2
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not dist.is_gloo_available(), reason="this torch was built without gloo"),
]


def build(*, activation_checkpointing: bool, flow: bool = True) -> SequentialRollout:
    """The same weights in every process."""
    generator = tiny_generator(norm="batch", flow=flow)
    return SequentialRollout(
        generator, backprop_length=2, activation_checkpointing=activation_checkpointing
    )


def share(rank: int) -> tuple[Tensor, RolloutState]:
    """The part of a batch that process ``rank`` is given."""
    maps = rand(2, 5, 2, 4, 6, seed=10 + rank)
    return maps[:, 2:], RolloutState(rand(2, 2, 3, 4, 6, seed=20 + rank), maps[:, :2])


def loss_of(output: RolloutOutput) -> Tensor:
    """Some loss of every part."""
    return torch.stack([part.square().mean() for part in output if part is not None]).sum()


def gradients_of(module: nn.Module) -> list[Tensor]:
    return [weight.grad for weight in module.parameters()]


def worker(rank: int, store: str) -> None:
    """One process: joins the others, and makes the comparison for each case."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=WORLD_SIZE)
    try:
        for activation_checkpointing, flow in ((False, True), (True, False)):
            compare(rank, activation_checkpointing=activation_checkpointing, flow=flow)
    finally:
        dist.destroy_process_group()


def compare(rank: int, *, activation_checkpointing: bool, flow: bool) -> None:
    """The gradient of a distributed step is the mean of those that the processes have alone."""
    alone = []
    for other in range(WORLD_SIZE):
        rollout = build(activation_checkpointing=False, flow=flow)
        output, _ = rollout(*share(other))
        loss_of(output).backward()
        alone.append(gradients_of(rollout))
    mean = [torch.stack(each).mean(0) for each in zip(*alone, strict=True)]

    model = DistributedDataParallel(
        build(activation_checkpointing=activation_checkpointing, flow=flow)
    )
    for step in range(2):  # a weight that took no part is missed in the second step
        model.zero_grad()
        output, after = model(*share(rank))
        assert isinstance(output, RolloutOutput)
        assert isinstance(after, RolloutState)
        loss_of(output).backward()
        if step == 0:
            torch.testing.assert_close(gradients_of(model), mean, rtol=1e-4, atol=1e-5)
    everywhere = [None] * WORLD_SIZE
    dist.all_gather_object(everywhere, gradients_of(model))
    torch.testing.assert_close(everywhere[0], everywhere[1], rtol=0, atol=0)


def test_one_step_has_the_mean_gradient(tmp_path: Path) -> None:
    spawn(worker, (str(tmp_path / "store"),), nprocs=WORLD_SIZE)


def sharded_worker(rank: int, store: str) -> None:
    """One process: the gradients and the weights after a step, sharded and whole."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=WORLD_SIZE)
    try:
        assert dist.get_world_size() == 2
        mesh = init_device_mesh("cpu", (WORLD_SIZE,))
        for activation_checkpointing in (False, True):
            rollout, whole = (sharding_candidate(activation_checkpointing) for _ in range(2))
            for block in rollout.modules():
                if isinstance(block, ResidualBlock):
                    fully_shard(block, mesh=mesh)
            fully_shard(rollout.generator, mesh=mesh)
            assert all(isinstance(weight, DTensor) for weight in rollout.parameters())
            step_and_compare(rank, rollout, whole)
    finally:
        dist.destroy_process_group()


def sharding_candidate(activation_checkpointing: bool) -> SequentialRollout:
    generator = tiny_generator(norm="instance").double()
    return SequentialRollout(
        generator, backprop_length=2, activation_checkpointing=activation_checkpointing
    )


def step_and_compare(rank: int, rollout: SequentialRollout, whole: SequentialRollout) -> None:
    optimizers = [torch.optim.SGD(each.parameters(), lr=0.1) for each in (rollout, whole)]
    inputs = [tree_map(Tensor.double, share(other)) for other in range(WORLD_SIZE)]
    loss_of(rollout(*inputs[rank])[0]).backward()
    for part in inputs:
        (loss_of(whole(*part)[0]) / WORLD_SIZE).backward()
    for sharded, plain in zip(rollout.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(sharded.grad.full_tensor(), plain.grad, rtol=1e-12, atol=1e-12)
    for optimizer in optimizers:
        optimizer.step()
    options = StateDictOptions(full_state_dict=True)
    weights = get_model_state_dict(rollout, options=options)
    torch.testing.assert_close(dict(weights), whole.state_dict(), rtol=1e-10, atol=1e-10)


def test_a_sharded_generator_has_the_gradients_of_the_whole_one(tmp_path: Path) -> None:
    spawn(sharded_worker, (str(tmp_path / "store"),), nprocs=WORLD_SIZE)
