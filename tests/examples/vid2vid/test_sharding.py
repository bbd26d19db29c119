"""A generator whose weights are spread over two processes trains as one that both have."""

import shutil
from dataclasses import replace

import pytest
import torch
import torch.distributed as dist
from torch.distributed.tensor import DTensor
from torch.multiprocessing.spawn import spawn

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid import distributed
from examples.vid2vid.checkpoint import find_checkpoint
from examples.vid2vid.chunk_step import ChunkStep
from examples.vid2vid.config import ImageConfig, ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.discriminators import build_objective
from examples.vid2vid.networks import build_generator, train_scales
from examples.vid2vid.train import train
from examples.vid2vid.train_image import train_image
from examples.vid2vid.trainer import Trainer
from examples.vid2vid.updates import reshard
from tests.examples.vid2vid import survival
from tests.examples.vid2vid.test_distributed import FRAMES, PAST, WORLD_SIZE, clips, join, part_of
from vidgan.checkpoint import load_checkpoint
from vidgan.rollout import GrowthStage, RolloutState
from vidgan.training import NonFiniteGuard

for module in ("tensorboard", "filelock"):
    pytest.importorskip(module)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not dist.is_gloo_available(), reason="this torch was built without gloo"),
]
MODEL = ModelConfig(
    base_channels=4,
    num_downsamplings=1,
    num_blocks=1,
    num_fine_blocks=1,
    discriminator_channels=4,
    num_rates=1,
    norm="instance_tracked",
)
TINY = TrainConfig(
    model=MODEL,
    objective=ObjectiveConfig(perceptual="none"),
    steps=4,
    clip_length=6,
    first_clip_length=3,
    chunk_length=2,
    precision="float32",
    log_every=1,
    save_every=2,
)
IMAGE = ImageConfig(
    objective=TINY.objective,
    base_channels=4,
    num_downsamplings=1,
    num_blocks=1,
    discriminator_channels=4,
    steps=2,
)
# Scales are added as a training grows: a frozen one beside one that is trained, then both
STAGES = [GrowthStage(*each, 2, 2, (1.0,)) for each in ((1, False), (2, True), (2, False))]
CASES = (1, False), (2, True)  # scales, activation checkpointing


def build(num_scales, activation_checkpointing):
    torch.manual_seed(0)
    model = replace(MODEL, num_scales=num_scales)
    config = replace(
        TINY, model=model, chunk_length=FRAMES, activation_checkpointing=activation_checkpointing
    )
    generator, objective = build_generator(model, 2), build_objective(model, config.objective, 2)
    modules = {"generator": generator, **objective.discriminators}
    for each in (*modules.values(), objective):
        each.double()
    return modules, ChunkStep(modules, objective, config)


def gradients(step, modules, clip, num_scales):
    """The gradients of every stage, those of each network as one vector."""
    state = RolloutState(clip.frames[:, :PAST], clip.conditions[:, :PAST])
    found = {}
    for stage in [stage for stage in STAGES if stage.num_scales <= num_scales]:
        train_scales(modules["generator"], stage.num_scales, freeze_coarse=stage.freeze_coarse)
        losses, _, _ = step(clip, PAST, state, clip.frames[:, :0], stage, hallucinate_only=False)
        torch.stack([loss for part in losses.values() for loss in part.values()]).sum().backward()
        reshard(modules["generator"])
        for name, each in modules.items():
            weights = [weight.grad for weight in each.parameters() if weight.grad is not None]
            parts = [distributed.whole(weight).flatten() for weight in weights]
            found[f"{stage} {name}"] = torch.cat(parts)
            each.zero_grad()
    return found


def compare(rank, folder):
    assert distributed.world_size() == dist.get_world_size() == WORLD_SIZE
    for case in CASES:
        modules, step = build(*case)
        distributed.shard(modules["generator"])
        assert all(isinstance(each, DTensor) for each in modules["generator"].parameters())
        clip = part_of(clips(torch.float64, "batch"), rank)
        found = gradients(distributed.wrap(step), modules, clip, case[0])
        expected = torch.load(folder / f"{case}.pt")
        assert found.keys() == expected.keys()
        for name, ours in found.items():
            assert ours.shape == expected[name].shape
            error = (ours - expected[name]).norm() / expected[name].norm()
            assert error <= 1e-12, (case, name, error)
    weights = [*modules["generator"].parameters()]
    for weight in weights:
        weight.grad = torch.zeros_like(weight)
    assert NonFiniteGuard().check({}, {"generator": weights}) == []
    if rank == 1:  # one process alone has a part that is not finite
        distributed.local([weights[0].grad])[0].fill_(torch.nan)
    assert NonFiniteGuard().check({}, {"generator": weights}) == ["gradient of generator"]


def test_gradients_are_those_of_the_joined_batch(tmp_path):
    for case in CASES:
        expected = gradients(*reversed(build(*case)), clips(torch.float64, "batch"), case[0])
        torch.save(expected, tmp_path / f"{case}.pt")
    spawn(join, (tmp_path, compare), nprocs=WORLD_SIZE)


def note_shares(shares):
    """Let every training write down the share of the weights that this process has."""
    save = Trainer.save

    def noted(trainer):
        for name in ("generator", "averaged"):
            weights = [*trainer.modules[name].parameters()]
            here = sum(each.numel() for each in distributed.local(weights))
            shares.append(here / sum(each.numel() for each in weights))
        save(trainer)

    Trainer.save = noted


def train_both_ways(rank, folder):
    """Trainings with whole weights and with parts of them, which go on from either."""
    shares = []
    note_shares(shares)
    sharded = replace(TINY, shard_generator=True)
    train(EdgesToFace, folder / "data", folder / "whole", TINY)
    assert {*shares} == {1.0}
    shares.clear()
    train(EdgesToFace, folder / "data", folder / "parts", sharded)
    if rank == 0:
        for before, after in (("whole", "whole to parts"), ("parts", "parts to parts")):
            shutil.copytree(folder / before, folder / after)
            for file in (folder / after / "checkpoints").glob("*4.*"):
                file.unlink()
    dist.barrier()
    for run in ("whole to parts", "parts to parts"):
        train(EdgesToFace, folder / "data", folder / run, sharded, resume=True)
    scales = replace(sharded, model=replace(MODEL, num_scales=2), accumulate=2, steps=2)
    train(EdgesToFace, folder / "data", folder / "scales", scales)
    train_image(
        EdgesToFace, folder / "data", folder / "image", replace(IMAGE, shard_generator=True)
    )
    assert all(0.3 < share < 0.7 for share in shares)


def test_it_trains_and_resumes_as_a_whole_one(data, tmp_path):
    spawn(join, (tmp_path, train_both_ways), nprocs=WORLD_SIZE)
    survival.check_same(tmp_path / "parts to parts", tmp_path / "parts")
    expected = survival.losses(tmp_path / "whole")
    for run in ("parts", "whole to parts"):
        found = survival.losses(tmp_path / run)
        assert found.keys() == expected.keys()
        for name in found:
            assert found[name] == pytest.approx(expected[name], rel=1e-3)
    saved = load_checkpoint(find_checkpoint(tmp_path / "scales"))
    assert saved["step"] == 2
    # one process alone goes on from what two have saved
    path = train(EdgesToFace, data, tmp_path / "parts", replace(TINY, steps=5), resume=True)
    assert load_checkpoint(path)["step"] == 5


def test_one_process_alone_is_refused(data, tmp_path):
    message = "shard_generator needs several processes, got one; start them with torchrun"
    with pytest.raises(ValueError, match=message):
        train(EdgesToFace, data, tmp_path / "run", replace(TINY, shard_generator=True))
    assert not (tmp_path / "run").exists()
