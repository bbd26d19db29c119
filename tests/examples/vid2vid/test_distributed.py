"""Two processes train as one with the joined batch."""

from itertools import product

import pytest
import torch
import torch.distributed as dist
from torch.multiprocessing.spawn import spawn

from examples.vid2vid import distributed
from examples.vid2vid.chunk_step import ChunkStep
from examples.vid2vid.clips import Clip
from examples.vid2vid.config import ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.discriminators import build_objective
from examples.vid2vid.networks import build_generator
from vidgan.rollout import GrowthStage, RolloutState

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
