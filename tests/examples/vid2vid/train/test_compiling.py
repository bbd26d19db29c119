"""A compiled training has the same losses and checkpoints, and few graphs."""

from dataclasses import replace
from itertools import product

import pytest
import torch
import torch.distributed as dist
from torch._dynamo.utils import counters
from torch.multiprocessing.spawn import spawn

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid import compiling, distributed
from examples.vid2vid.chunk_step import ChunkStep
from examples.vid2vid.clips import Clip
from examples.vid2vid.config import ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.discriminators import build_objective
from examples.vid2vid.networks import build_generator
from examples.vid2vid.train import train
from tests.examples.vid2vid import survival
from tests.examples.vid2vid.test_distributed import WORLD_SIZE, clips, gradients, join, part_of
from vidgan.checkpoint import load_checkpoint
from vidgan.rollout import GrowthStage, RolloutState

for module in ("tensorboard", "filelock"):
    pytest.importorskip(module)

# torch looks at the .grad of the compiled part's inputs, and hides the warning except from pytest
pytestmark = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")

MAPS, SIZE = 3, (16, 32)
MODEL = ModelConfig(
    base_channels=4,
    num_downsamplings=1,
    num_blocks=1,
    num_fine_blocks=1,
    discriminator_channels=4,
    image_scales=1,
    video_scales=1,
    num_rates=1,
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


@pytest.fixture
def backend(monkeypatch):
    """A backend that needs no C++ compiler; graphs are counted from 0."""
    torch.compiler.reset()
    counters.clear()
    monkeypatch.setattr(compiling, "BACKEND", "aot_eager")
    yield
    torch.compiler.reset()


def build(config, **options):
    torch.manual_seed(0)
    config = replace(config, **options)
    generator = build_generator(config.model, MAPS, num_classes=2)
    objective = build_objective(config.model, config.objective, MAPS)
    modules = {"generator": generator, **objective.discriminators}
    for each in (*modules.values(), objective):
        each.double()
    return modules, ChunkStep(modules, objective, config)


def sample(length):
    rng = torch.Generator().manual_seed(length)

    def rand(*shape):
        return torch.rand(2, 2 + length, *shape, *SIZE, generator=rng, dtype=torch.float64)

    return Clip(rand(MAPS), rand(3) * 2 - 1, {1: rand(2)}, rand(1), rand(1).round())


def losses_and_gradients(modules, step, stages, lengths):
    losses = []
    for length, stage in product(lengths, stages):
        clip = sample(length)
        state = RolloutState(clip.frames[:, :2], clip.conditions[:, :2])
        fake = clip.frames[:, :0]
        for start in range(2, 2 + length, 2):
            terms, output, state = step(clip, start, state, fake, stage, hallucinate_only=False)
            fake = torch.cat([fake, output.frames], 1)
            here = torch.stack([loss for part in terms.values() for loss in part.values()])
            here.sum().backward()
            losses.append(here.detach())
    weights = [weight.grad for module in modules.values() for weight in module.parameters()]
    return torch.cat(losses), torch.cat([each.flatten() for each in weights if each is not None])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("checkpointing", "model"),
    [
        (False, {}),
        (True, {"norm": "instance_tracked", "foreground": True}),
        (True, {"norm": "batch", "num_scales": 2}),
    ],
)
def test_losses_and_gradients_are_those_of_the_plain_step(backend, checkpointing, model):
    """Later clips of other lengths, with chunks of one and two frames, add no graph."""
    config = replace(
        TINY, model=replace(MODEL, **model), activation_checkpointing=checkpointing, compile=True
    )
    scales = range(1, config.model.num_scales + 1)
    stages = [GrowthStage(each, False, 2, 1, (1.0,)) for each in scales]
    expected = losses_and_gradients(*build(config, compile=False), stages, (5, 2, 6))
    modules, step = build(config)

    first, _ = losses_and_gradients(modules, step, stages, (5,))
    graphs = counters["stats"]["unique_graphs"]
    others, weights = losses_and_gradients(modules, step, stages, (2, 6))

    assert counters["stats"]["unique_graphs"] == graphs
    got = torch.cat([first, others]), weights
    for ours, theirs in zip(got, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9 * float(theirs.abs().max()))
    # one per scale, and one more once coarser frames are given; two per discriminator, for the
    # batches of full chunks and for other ones
    of_generator = sum(2 if each > 1 else 1 for each in scales)
    assert graphs <= of_generator + 2 * 2 * 2
    assert not counters["graph_break"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        {},
        {"norm": "instance_tracked", "upsampling": "transposed", "init_copy": False},
        {"recurrent": False, "flow": False},
        {"generator": "fast", "fast_channels": 16},
        {"norm": "batch", "foreground": True, "num_scales": 2},
    ],
)
def test_networks_have_no_graph_break(backend, model):
    modules, step = build(replace(TINY, model=replace(MODEL, **model)))
    clip = sample(1)
    options = {"foreground_mask": clip.foreground_masks[:, 2]} if model.get("foreground") else {}
    seen = clip.conditions, clip.frames[:, :2]
    pairs = clip.conditions[:, 2], clip.frames[:, 2]
    groups = clip.frames, clip.flows[1][:, 1:]

    for network, inputs, others in (
        (step.generator, seen, options),
        (modules["image_discriminator"], pairs, {}),
        (modules["video_discriminator0"], groups, {}),
    ):
        compiled = torch.compile(network, fullgraph=True, backend="eager")
        got, expected = compiled(*inputs, **others), network(*inputs, **others)
        torch.testing.assert_close(got, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.slow
def test_checkpoints_are_those_of_a_plain_training(backend, data, tmp_path):
    """A run may be resumed with or without the option."""
    runs = {name: tmp_path / name for name in ("plain", "compiled", "resumed")}
    for name, run in runs.items():
        steps = 2 if name == "resumed" else 4
        train(EdgesToFace, data, run, replace(TINY, compile=name != "plain", steps=steps))
    assert counters["stats"]["unique_graphs"] > 0
    last = train(EdgesToFace, data, runs["resumed"], TINY, resume=True)
    assert load_checkpoint(last)["step"] == 4

    plain, compiled = (survival.losses(runs[name]) for name in ("plain", "compiled"))
    assert plain.keys() == compiled.keys()
    for name, values in plain.items():
        assert [*compiled[name]] == pytest.approx([*values], rel=1e-3), name
    one, other = (
        load_checkpoint(runs[name] / "checkpoints" / last.name)["modules"]
        for name in ("plain", "compiled")
    )
    assert [*one] == [*other]
    for name, state in one.items():
        assert [*state] == [*other[name]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shard_generator": True}, "compile must be off where the generator is sharded"),
        ({}, "compile needs a C\\+\\+ compiler on the CPU, and there is no no_such_compiler"),
    ],
)
def test_what_cannot_be_compiled(data, tmp_path, monkeypatch, options, message):
    monkeypatch.setenv("CXX", "no_such_compiler")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=message):
        train(EdgesToFace, data, tmp_path / "run", replace(TINY, compile=True, **options))
    assert not (tmp_path / "run").exists()


def compare(rank, folder):
    compiling.BACKEND = "aot_eager"
    modules, step = build_joined(compile=True)
    clip = part_of(clips(torch.float64, "instance"), rank)
    found = gradients(distributed.wrap(step), modules, clip, JOINED)
    assert counters["stats"]["unique_graphs"] > 0
    for part, expected in torch.load(folder / "expected.pt").items():
        error = (found[part] - expected).norm() / expected.norm()
        assert error <= 1e-9, (part, error)


JOINED = replace(TINY, model=replace(MODEL, norm="instance_tracked"), chunk_length=4)


def build_joined(**options):
    torch.manual_seed(0)
    generator, objective = (
        build_generator(JOINED.model, 2),
        build_objective(JOINED.model, JOINED.objective, 2),
    )
    modules = {"generator": generator, **objective.discriminators}
    for each in (*modules.values(), objective):
        distributed.synchronize_norms(each).double()
    return modules, ChunkStep(modules, objective, replace(JOINED, **options))


@pytest.mark.slow
@pytest.mark.skipif(not dist.is_gloo_available(), reason="this torch was built without gloo")
def test_two_processes_train_as_one_with_the_joined_batch(tmp_path):
    modules, step = build_joined()
    expected = gradients(step, modules, clips(torch.float64, "instance"), JOINED)
    torch.save(expected, tmp_path / "expected.pt")
    spawn(join, (tmp_path, compare), nprocs=WORLD_SIZE)
