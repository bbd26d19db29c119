"""Steps that are not finite are found before the optimizers use them."""

import math

import pytest
import torch
from torch import nn

from vidgan.training import NonFiniteGuard


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_losses_are_named(value):
    losses = {"gan": torch.tensor(1.0), "flow": torch.tensor(value)}
    assert NonFiniteGuard().check(losses, {}) == ["flow"]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_gradients_are_named_though_the_loss_is_finite(value):
    weights = {name: nn.Parameter(torch.ones(3)) for name in ("a", "b", "unused")}
    for name in ("a", "b"):
        weights[name].grad = torch.ones(3)
    weights["b"].grad[1] = value
    groups = {name: [weight] for name, weight in weights.items()}
    assert NonFiniteGuard().check({"loss": torch.tensor(0.0)}, groups) == ["gradient of b"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_finite_steps_pass(dtype):
    weight = nn.Parameter(torch.ones(3, dtype=dtype))
    weight.grad = torch.full((3,), 1e30, dtype=dtype)
    guard = NonFiniteGuard()
    assert guard.check({"loss": weight.sum()}, {"w": [weight]}) == []
    assert guard.check({}, {}) == []


def test_a_good_step_in_between_starts_the_count_again():
    bad, good = {"loss": torch.tensor(math.nan)}, {"loss": torch.tensor(0.0)}
    guard = NonFiniteGuard(patience=3)
    for losses in (bad, bad, good, bad, bad):
        guard.check(losses, {})
    assert guard.skipped == 2
    with pytest.raises(FloatingPointError, match="3 steps in a row were not finite: loss; lower"):
        guard.check(bad, {})


def test_patience_starts_at_1():
    with pytest.raises(ValueError, match="NonFiniteGuard: patience must be at least 1, got 0"):
        NonFiniteGuard(patience=0)


def _worker(rank, folder, queue):
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2
    )
    guard = NonFiniteGuard()
    value = math.nan if rank == 1 else 1.0
    found = guard.check({"gan": torch.tensor(1.0), "flow": torch.tensor(value)}, {})
    queue.put((torch.distributed.get_world_size(), found))
    torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_all_processes_decide_alike(tmp_path):
    context = torch.multiprocessing.get_context("spawn")
    queue = context.Queue()
    workers = [context.Process(target=_worker, args=(rank, tmp_path, queue)) for rank in (0, 1)]
    for worker in workers:
        worker.start()
    found = [queue.get(timeout=120) for _ in workers]
    for worker in workers:
        worker.join(30)
    assert found == [(2, ["flow"]), (2, ["flow"])]
