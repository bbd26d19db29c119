"""A rollout under DistributedDataParallel: two processes on the CPU."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn
from torch.nn.parallel import DistributedDataParallel

from tests.assertions import rand
from tests.networks import tiny_generator
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
