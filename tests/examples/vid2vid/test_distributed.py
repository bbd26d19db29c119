"""Two processes train as one with the joined batch."""

import re
import signal
import sys
from dataclasses import replace
from itertools import product

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.multiprocessing.spawn import spawn

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid import distributed
from examples.vid2vid.checkpoint import find_checkpoint
from examples.vid2vid.chunk_step import ChunkStep
from examples.vid2vid.clips import Clip
from examples.vid2vid.config import ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.discriminators import build_objective
from examples.vid2vid.networks import build_generator
from examples.vid2vid.train import train
from examples.vid2vid.trainer import Trainer
from examples.vid2vid.updates import Updates
from tests.examples.vid2vid import survival
from vidgan.checkpoint import load_checkpoint
from vidgan.rollout import GrowthStage, RolloutState

for module in ("tensorboard", "filelock"):
    pytest.importorskip(module)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not dist.is_gloo_available(), reason="this torch was built without gloo"),
]
WORLD_SIZE, PAST, FRAMES = 2, 2, 4
NORMS = ("batch", "group", "instance", "instance_tracked")
DTYPES = {torch.float64: 1e-12, torch.float32: 2e-6}


def config_of(norm, chunk_length, **options):
    model = ModelConfig(
        base_channels=4,
        num_downsamplings=1,
        num_blocks=1,
        discriminator_channels=4,
        num_rates=1,
        region_size=32,
        norm=norm,
        discriminator_norm=norm,
    )
    return TrainConfig(
        model=model,
        objective=ObjectiveConfig(perceptual="none", hallucinated_losses="all"),
        chunk_length=chunk_length,
        precision="float32",
        channels_last=False,
        **options,
    )


def clips(dtype, norm):
    """A joined batch.

    The second clip has a region in one frame only, for the norms without common statistics: those
    count the crop with weight 0 that a process without a region takes.
    """
    rng = torch.Generator().manual_seed(1)

    def rand(*shape):
        return torch.rand(WORLD_SIZE, PAST + FRAMES, *shape, generator=rng, dtype=torch.float64)

    regions = torch.tensor([8.0, 4.0, 40.0, 36.0]).expand(WORLD_SIZE, PAST + FRAMES, 4).clone()
    if norm in ("group", "instance"):
        regions[1, :-1] = torch.nan
    clip = Clip(
        rand(2, 48, 64), rand(3, 48, 64) * 2 - 1, {1: rand(2, 48, 64)}, rand(1, 48, 64), None, None
    )
    return Clip(*clip[:6], regions)._map(lambda part: part.to(dtype))


def build(norm, chunk_length, dtype):
    torch.manual_seed(0)
    config = config_of(norm, chunk_length)
    generator, objective = (
        build_generator(config.model, 2),
        build_objective(config.model, config.objective, 2),
    )
    modules = {"generator": generator, **objective.discriminators}
    for module in (*modules.values(), objective):
        distributed.synchronize_norms(module).to(dtype)
    return modules, ChunkStep(modules, objective, config)


def gradients(step, modules, clip, config):
    """The gradients of the last chunk of a clip, and the running statistics after all of them."""
    state = RolloutState(clip.frames[:, :PAST], clip.conditions[:, :PAST])
    fake = clip.frames[:, :0]
    stage = GrowthStage(1, False, FRAMES, 2, (1.0,))
    dtype = clip.frames.dtype
    statistics = [value for m in modules.values() for value in distributed.running_statistics(m)]
    for start in range(PAST, PAST + FRAMES, config.chunk_length):
        for module in modules.values():
            module.zero_grad()
        losses, output, state = step(clip, start, state, fake, stage, hallucinate_only=False)
        fake = torch.cat([fake, output.frames], 1)
        torch.stack([loss for part in losses.values() for loss in part.values()]).sum().backward()
        distributed.average(statistics)
    found = {}
    for name, module in modules.items():
        weights = [weight.grad for weight in module.parameters()]
        found[f"gradients of {name}"] = torch.cat([each.flatten() for each in weights])
        buffers = [value.to(dtype).flatten() for value in module.buffers()]
        if buffers:
            found[f"buffers of {name}"] = torch.cat(buffers)
    return found


def part_of(clip, rank):
    return clip._map(lambda value: value[rank : rank + 1])


def compare(rank, folder):
    assert distributed.world_size() == dist.get_world_size() == WORLD_SIZE
    assert dist.get_rank() == distributed.rank() == rank
    for norm, chunk_length, dtype in product(NORMS, (1, FRAMES), DTYPES):
        modules, step = build(norm, chunk_length, dtype)
        clip = part_of(clips(dtype, norm), rank)
        found = gradients(distributed.wrap(step), modules, clip, config_of(norm, chunk_length))
        expected = torch.load(folder / f"{norm}{chunk_length}{dtype}.pt")
        assert found.keys() == expected.keys()
        for part in found:  # gradients or buffers of one network
            ours, theirs = found[part], expected[part]
            assert ours.shape == theirs.shape
            error = (ours - theirs).norm() / theirs.norm().clamp(min=1e-30)
            assert error <= DTYPES[dtype], (norm, chunk_length, dtype, part, error)
            if rank == 0:
                print(f"{norm}, {chunk_length} frames, {dtype}: {part} {error:.1e}")


def join(rank, folder, work):
    """One process: joins the others, and does the work."""
    torch.set_num_threads(1)
    store = f"file://{folder / 'store'}"
    dist.init_process_group("gloo", init_method=store, rank=rank, world_size=WORLD_SIZE)
    try:
        work(rank, folder)
    finally:
        dist.destroy_process_group()


def test_gradients_are_those_of_the_joined_batch(tmp_path):
    for norm, chunk_length, dtype in product(NORMS, (1, FRAMES), DTYPES):
        modules, step = build(norm, chunk_length, dtype)
        expected = gradients(step, modules, clips(dtype, norm), config_of(norm, chunk_length))
        assert all(float(value.norm()) > 0 for value in expected.values())
        torch.save(expected, tmp_path / f"{norm}{chunk_length}{dtype}.pt")
    spawn(join, (tmp_path, compare), nprocs=WORLD_SIZE)


def agree_after_training(rank, folder):
    """Trainings after which all weights and buffers are the same everywhere."""
    tracked = config_of("instance_tracked", 1, steps=50, log_every=1, save_every=50)
    tracked = replace(
        tracked,
        clip_length=6,
        first_clip_length=3,
        model=replace(tracked.model, region_size=0, discriminator_norm="batch", num_rates=2),
    )
    accumulated = replace(
        tracked,
        steps=8,
        accumulate=2,
        batch_size=2,
        model=replace(tracked.model, num_scales=2, first_frame="generated", num_rates=1),
    )
    take, save = Trainer.take_step, Trainer.save
    compared = []

    def poisoned(trainer, chunk):
        if trainer.step == 3 and rank == 1:  # one process alone has a loss that is not finite
            chunk.losses["generator"]["l1"] = chunk.losses["generator"]["l1"] * torch.nan
        return take(trainer, chunk)

    def compared_save(trainer):
        mine = {name: module.state_dict() for name, module in trainer.modules.items()}
        first, second = distributed.gather(mine)
        survival.assert_equal(first, second)
        compared.append(trainer.step)
        save(trainer)

    Trainer.take_step, Trainer.save = poisoned, compared_save
    for name, config in (("tracked", tracked), ("accumulated", accumulated)):
        train(EdgesToFace, folder / "data", folder / name, config)
        (event,) = survival.events(folder / name)
        assert event["step"] == 4
        assert "not finite: l1" in event["event"]
        assert len(event["files"]) >= 2 * config.batch_size  # of both processes
    assert compared[-1] == accumulated.steps
    assert tracked.steps in compared


def test_weights_and_buffers_stay_equal(data, tmp_path):
    spawn(join, (tmp_path, agree_after_training), nprocs=WORLD_SIZE)
    states = load_checkpoint(find_checkpoint(tmp_path / "tracked"))
    assert len(states["random"]) == len(states["position"]) == WORLD_SIZE
    assert [*survival.losses(tmp_path / "tracked")["l1"]] == [*range(1, 4), *range(5, 51)]


def refuse_batch_norm(rank, folder):
    with pytest.raises(ValueError, match="batch norms must be converted with synchronize_norms"):
        distributed.wrap(nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1)))


def test_batch_norm_of_one_process_is_refused(tmp_path):
    spawn(join, (tmp_path, refuse_batch_norm), nprocs=WORLD_SIZE)


def test_processes_pick_different_clips(monkeypatch):
    monkeypatch.setattr(distributed, "world_size", lambda: 3)
    picks, seeds = [], set()
    for rank in range(3):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        rng = torch.Generator().manual_seed(7)
        picks += distributed.pick(10, 2, rng)
        seeds.add(distributed.own(rng).initial_seed())
    assert len({*picks}) == 6
    assert len(seeds) == 3


def test_one_process_is_left_alone():
    step = nn.Sequential(nn.BatchNorm2d(1))
    assert distributed.wrap(distributed.synchronize_norms(step)) is step
    assert type(step[0]) is nn.BatchNorm2d
    rng = torch.Generator().manual_seed(7)
    assert distributed.own(rng) is rng
    rng = torch.Generator().manual_seed(7)
    expected = torch.randint(10, (2,), generator=torch.Generator().manual_seed(7))
    assert distributed.pick(10, 2, rng) == expected.tolist()


def test_accumulated_gradients_are_those_of_the_joined_batch():
    config = config_of("instance", FRAMES, accumulate=WORLD_SIZE)
    results = []
    for parts in ([clips(torch.float64, "batch")], None):
        modules, step = build("instance", FRAMES, torch.float64)
        updates = Updates(modules, config if parts is None else replace(config, accumulate=1))
        for clip in parts or [part_of(clips(torch.float64, "batch"), r) for r in range(WORLD_SIZE)]:
            state = RolloutState(clip.frames[:, :PAST], clip.conditions[:, :PAST])
            stage = GrowthStage(1, False, FRAMES, 2, (1.0,))
            fake = clip.frames[:, :0]
            losses, _, _ = step(clip, PAST, state, fake, stage, hallucinate_only=False)
            is_whole = updates.add(losses)
        assert is_whole
        results.append([weight.grad for m in modules.values() for weight in m.parameters()])
        assert updates.take(1, 1e-3) == []
        assert not updates.is_open
    torch.testing.assert_close(*results, rtol=1e-10, atol=1e-12)


@pytest.mark.skipif(sys.platform != "linux", reason="a parent-death signal is a Linux one")
def test_two_processes_killed_twice_and_stopped_once(data, tmp_path):
    steps, whole, run = 18, tmp_path / "whole", tmp_path / "run"
    survival.complete(data, whole, steps, processes=2)
    # the launcher is killed, then a worker; then the launcher is asked to stop
    kills = [(signal.SIGKILL, False), (signal.SIGKILL, True), (signal.SIGTERM, False)]
    for (number, to_worker), after in zip(kills, survival.moments(1, 3, 0.2), strict=True):
        code, seconds, printed = survival.interrupt(
            data, run, steps, number, after, processes=2, to_worker=to_worker
        )
        done = max(map(int, re.findall(r"step (\d+) loss", printed)))
        assert code != 0, printed
        assert done - survival.newest(run) <= survival.EVERY + 1
        if to_worker:
            assert re.search(r"rank *: 1 .*\n *exitcode *: -9", printed), printed
        if number == signal.SIGTERM:
            assert seconds < 20
            assert f"stopped by SIGTERM after step {survival.newest(run)}, and saved" in printed
    survival.complete(data, run, steps, "--resume", "auto", processes=2)
    survival.check_same(run, whole)
    assert survival.leftovers(run) == []


@pytest.mark.skipif(sys.platform != "linux", reason="a parent-death signal is a Linux one")
def test_a_worker_that_hangs_ends_the_job_and_is_named(data, tmp_path):
    command = survival.command(
        data, tmp_path / "run", 10_000, "--hang-timeout", "3", processes=WORLD_SIZE
    )
    code, _, printed = survival.interrupt_command(
        command, signal.SIGSTOP, after=0.1, wait_for="step 2 loss", to_worker=True
    )
    assert code != 0
    assert re.search(r"error: rank 0: a process died or hangs: .*[Rr]anks? 1", printed), printed
