"""Activation checkpointing: less memory, and not a bit of difference in anything else."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.utils._python_dispatch import TorchDispatchMode

from tests.assertions import rand
from tests.networks import assert_same_bits, tiny_generator
from vidgan.generators import CompositeGenerator
from vidgan.layers import ReflectConv2d
from vidgan.rollout import RolloutState, SequentialRollout, _keeping
from vidgan.rollout.recompute import checkpointed


@pytest.fixture(autouse=True, params=["none is kept", "few are kept", "all are kept"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many results of convolutions the recomputation finds."""
    if request.param != "none is kept":
        monkeypatch.setattr(_keeping, "_COSTLY", 1)
    if request.param == "all are kept":
        monkeypatch.setattr(_keeping, "_ROOM", 10**9)


def build(norm: str, *, spectral: bool, dropout: bool = False) -> CompositeGenerator:
    generator = tiny_generator(norm=norm)
    for layer in list(generator.modules()):
        if spectral and isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            spectral_norm(layer)
    if dropout:
        generator.image_branch.trunk.blocks.append(nn.Dropout(0.5))
    return generator


def train_step(
    generator: CompositeGenerator,
    *,
    activation_checkpointing: bool,
    backprop_length: int = 2,
    chunks: int = 1,
) -> dict[str, object]:
    """Roll out, take all gradients and an optimizer step; return everything that came of it."""
    torch.manual_seed(1)
    rollout = SequentialRollout(
        generator,
        backprop_length=backprop_length,
        activation_checkpointing=activation_checkpointing,
    )
    optimizer = torch.optim.SGD(generator.parameters(), lr=1e-3)
    maps = rand(2, 2 + 3 * chunks, 2, 4, 6).requires_grad_()
    state = RolloutState(rand(2, 2, 3, 4, 6, seed=1), maps[:, :2])
    outputs = []
    for chunk in maps[:, 2:].split(3, 1):
        output, state = rollout(chunk, state)
        outputs.append(output)
    parts = [part for output in outputs for part in output]
    sum(part.square().mean() for part in parts).backward()
    gradients = {name: weight.grad.clone() for name, weight in generator.named_parameters()}
    optimizer.step()
    return {
        "outputs": [part.detach() for part in parts],
        "state": list(state),
        "gradients": gradients,
        "condition gradient": maps.grad,
        "weights and statistics": copy.deepcopy(dict(generator.state_dict())),
        "randomness": torch.get_rng_state(),
    }


@pytest.mark.parametrize("spectral", [True, False])
@pytest.mark.parametrize("norm", ["batch", "instance", "instance_tracked", "none"])
@pytest.mark.parametrize("backprop_length", [1, 3])
def test_nothing_changes(norm: str, spectral: bool, backprop_length: int) -> None:
    generator = build(norm, spectral=spectral)
    other = copy.deepcopy(generator)
    before = copy.deepcopy(dict(generator.state_dict()))

    for _ in range(2):
        kept = train_step(
            generator, activation_checkpointing=False, backprop_length=backprop_length
        )
        recomputed = train_step(
            other, activation_checkpointing=True, backprop_length=backprop_length
        )
        assert_same_bits(recomputed, kept)

    moved = [
        name
        for name, value in kept["weights and statistics"].items()
        if not torch.equal(value, before[name])
    ]
    if norm == "batch":
        counts = [value for name, value in before.items() if name.endswith("num_batches_tracked")]
        assert len(counts) > 0
        assert int(generator.condition_encoder.stem.norm.num_batches_tracked) == 6
        assert any(name.endswith("running_var") for name in moved)
    if spectral:
        assert any(name.endswith("_u") for name in moved)
    assert all(module.training for module in other.modules())


def test_several_chunks_before_one_backward() -> None:
    """The vectors of the spectral norms move on; each chunk is recomputed with its own."""
    generator = build("batch", spectral=True)
    other = copy.deepcopy(generator)

    assert_same_bits(
        train_step(other, activation_checkpointing=True, chunks=3),
        train_step(generator, activation_checkpointing=False, chunks=3),
    )


def test_same_random_numbers() -> None:
    generator = build("instance", spectral=False, dropout=True)
    other = copy.deepcopy(generator)

    assert_same_bits(
        train_step(other, activation_checkpointing=True),
        train_step(generator, activation_checkpointing=False),
    )


def test_synchronized_batch_norm() -> None:
    """It insists on its counter, also while recomputing."""
    generator = nn.SyncBatchNorm.convert_sync_batchnorm(build("batch", spectral=False))
    other = copy.deepcopy(generator)

    assert_same_bits(
        train_step(other, activation_checkpointing=True),
        train_step(generator, activation_checkpointing=False),
    )


def test_norms_in_eval_mode_stay_there() -> None:
    """A fine-tuned generator may keep some norms frozen."""
    generator = build("batch", spectral=True)
    generator.condition_encoder.eval()
    other = copy.deepcopy(generator)
    before = copy.deepcopy(dict(generator.condition_encoder.named_buffers()))

    kept = train_step(generator, activation_checkpointing=False)
    assert_same_bits(train_step(other, activation_checkpointing=True), kept)

    assert_same_bits(dict(other.condition_encoder.named_buffers()), before)
    assert not any(module.training for module in other.condition_encoder.modules())


def test_spectral_norms_move_once_a_chunk() -> None:
    """One power iteration, however many frames the chunk has."""
    generator = build("instance", spectral=True)
    layer = generator.condition_encoder.stem.conv
    vectors = layer.parametrizations.weight[0]
    matrix = layer.parametrizations.weight.original.detach().flatten(1).clone()
    v = vectors._v.clone()

    train_step(generator, activation_checkpointing=False)

    u = nn.functional.normalize(matrix @ v, dim=0)
    torch.testing.assert_close(vectors._u, u)
    torch.testing.assert_close(vectors._v, nn.functional.normalize(matrix.T @ u, dim=0))


def test_keeps_less_for_the_backward_pass() -> None:
    """Saved tensors; kept results are those of test_memory."""
    kept = {}
    for activation_checkpointing in (True, False):
        sizes: dict[int, int] = {}

        def pack(value: torch.Tensor, sizes: dict[int, int] = sizes) -> torch.Tensor:
            storage = value.untyped_storage()
            sizes[storage.data_ptr()] = storage.nbytes()
            return value

        generator = tiny_generator(norm="batch", base_channels=8)
        rollout = SequentialRollout(
            generator, backprop_length=3, activation_checkpointing=activation_checkpointing
        )
        maps = rand(1, 5, 2, 16, 24)
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda value: value):
            rollout(maps[:, 2:], RolloutState(rand(1, 2, 3, 16, 24), maps[:, :2]))
        weights = {weight.untyped_storage().data_ptr() for weight in generator.parameters()}
        kept[activation_checkpointing] = sum(
            size for where, size in sizes.items() if where not in weights
        )

    assert kept[True] < 0.2 * kept[False]


class Counting(TorchDispatchMode):
    """Counts convolutions."""

    count = 0

    def __torch_dispatch__(self, op: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        names = ("aten::convolution", "vidgan::winograd_conv2d")
        self.count += op.name() in names
        return op(*args, **(kwargs or {}))


@pytest.mark.parametrize("channels", [2, 256])  # the wide one by Winograd's algorithm
def test_costly_convolutions_run_once(channels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_keeping, "_COSTLY", 1)
    monkeypatch.setattr(_keeping, "_ROOM", 100)
    monkeypatch.setattr(_keeping, "_LARGEST", 1)
    size = (24, 24)
    stem, block = ReflectConv2d(3, channels, 3), ReflectConv2d(channels, channels, 3)
    network = nn.Sequential(stem, block, nn.ReLU(inplace=True), ReflectConv2d(channels, 3, 3))
    network.to(memory_format=torch.channels_last)
    x = rand(1, 3, *size).requires_grad_()

    with Counting() as counting:
        out = checkpointed(network, network, x)
        assert counting.count == 3
        out.square().sum().backward()

    # the block's result is changed in place, and the last one's is that of the pass
    assert counting.count == 3 + 1
    gradients = [x.grad, *(weight.grad for weight in network.parameters())]
    plain = x.detach().clone().requires_grad_()
    leaves = [plain, *network.parameters()]
    assert_same_bits(gradients, [*torch.autograd.grad(network(plain).square().sum(), leaves)])


def test_what_is_changed_afterwards_is_computed_again() -> None:
    """The result of the pass belongs to the caller."""
    conv = nn.Conv2d(2, 2, 3, padding=1)
    x = rand(1, 2, 4, 6).requires_grad_()

    def twice(x: torch.Tensor) -> torch.Tensor:
        out = conv(x)
        return out, out.square()

    first, second = checkpointed(conv, twice, x)
    with torch.no_grad():
        first.zero_()
    second.sum().backward()

    (wanted,) = torch.autograd.grad(conv(x).square().sum(), x)
    assert_same_bits([x.grad], [wanted])


def test_a_compiled_part_is_run_as_it_is() -> None:
    """A dispatch mode would make it run uncompiled."""
    generator = build("instance", spectral=False)
    assert not _keeping.is_compiled(generator)

    generator.condition_encoder.compile(backend="eager")

    assert _keeping.is_compiled(generator)


@pytest.mark.gpu
@pytest.mark.parametrize("norm", ["batch", "instance_tracked"])
def test_nothing_changes_on_cuda(norm: str) -> None:
    generator = build(norm, spectral=True).double().cuda()
    other = copy.deepcopy(generator)
    maps = rand(2, 5, 2, 4, 6, dtype=torch.float64).cuda()
    state = RolloutState(rand(2, 2, 3, 4, 6, dtype=torch.float64).cuda(), maps[:, :2])
    results = []
    for module, activation_checkpointing in ((generator, False), (other, True)):
        rollout = SequentialRollout(
            module, backprop_length=3, activation_checkpointing=activation_checkpointing
        )
        output, _ = rollout(maps[:, 2:], state)
        output.frames.square().mean().backward()
        gradients = [weight.grad for weight in module.parameters()]
        results.append([output.frames.detach(), gradients, dict(module.named_buffers())])

    torch.testing.assert_close(*results, rtol=1e-6, atol=1e-9)
