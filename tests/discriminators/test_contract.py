"""What every discriminator promises, whatever it sees."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map

from tests.assertions import rand
from tests.networks import assert_module_compiles, assert_same_bits
from vidgan.discriminators import (
    AttentionHead,
    FactorizedHead,
    FeatureDiscriminator,
    ImageDiscriminator,
    MultiscaleDiscriminator,
    MultiscaleDiscriminator3d,
    MultiscaleHead,
    PairedDiscriminator,
    PatchDiscriminator,
    PatchDiscriminator3d,
    RegionDiscriminator,
    SpatialHead,
    TemporalHead,
    VideoDiscriminator,
)
from vidgan.outputs import PatchOutput


@dataclass
class Case:
    """A discriminator, two samples for it, and inputs that it must refuse."""

    build: Callable[[], nn.Module]
    shapes: tuple[tuple[int, ...], ...]
    refused: tuple[tuple[int, ...], ...]  # shapes of the first input
    message: str
    extra: tuple[Tensor, ...] = ()
    frozen: str = " "  # start of the names of weights that are never trained


class Backbone(nn.Module):
    """Two maps of a clip, and tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv3d(3, 4, 3, padding=1)
        self.second = nn.Conv3d(4, 6, 3, padding=1, stride=(1, 2, 2))

    def forward(self, x: Tensor) -> list[Tensor]:
        first = self.first(x.transpose(1, 2)).tanh()
        second = self.second(first).tanh()
        return [first, second, second.flatten(2).transpose(1, 2)]


def heads() -> nn.Module:
    kinds = [SpatialHead(4, 4), TemporalHead(4, 4), FactorizedHead(6, 4, per_frame=True)]
    kinds += [MultiscaleHead(6, 4), AttentionHead(6, 8), FactorizedHead(6, 4)]
    return FeatureDiscriminator(Backbone(), kinds, layers=[0, 0, 1, 1, 2, 1])


def patch(channels: int, **options: str) -> PatchDiscriminator:
    return PatchDiscriminator(channels, 4, num_layers=2, **({"norm": "instance"} | options))


def multiscale(channels: int) -> MultiscaleDiscriminator:
    return MultiscaleDiscriminator([patch(channels), patch(channels)])


def clips(channels: int = 3, **options: object) -> PatchDiscriminator3d:
    return PatchDiscriminator3d(channels, 4, num_layers=2, num_time_strides=1, **options)


ONE_PIXEL = "x must be at least"
SHORT = "x must have at least 2 frames"
VIDEO, BOXES = (2, 4, 3, 12, 16), torch.tensor([[1.0, 2.0, 9.0, 10.0], [3.0, 1.0, 14.0, 9.0]])
CASES = {
    "patch": Case(lambda: patch(3), ((2, 3, 12, 16),), ((2, 3, 1, 1),), ONE_PIXEL),
    "patch, callable norm": Case(
        lambda: patch(3, norm=lambda width: nn.GroupNorm(2, width)),
        ((2, 3, 12, 16),),
        ((2, 3, 0, 16),),
        "at least one pixel",
    ),
    "multiscale": Case(lambda: multiscale(3), ((2, 3, 12, 16),), ((2, 3, 2, 2),), ONE_PIXEL),
    "image": Case(
        lambda: ImageDiscriminator(multiscale(5)),
        ((2, 2, 12, 16), (2, 3, 12, 16)),
        ((2, 2, 12, 12),),
        "as in frames",
    ),
    "video": Case(
        lambda: VideoDiscriminator(multiscale(13)),
        ((2, 3, 3, 12, 16), (2, 2, 2, 12, 16)),
        ((2, 1, 3, 12, 16), (2, 2, 3, 12, 16), (0, 3, 3, 12, 16)),
        "frames must have shape|flows must have shape|at least one group",
    ),
    "region": Case(
        lambda: RegionDiscriminator(multiscale(5), (12, 12)),
        ((2, 2, 12, 16), (2, 3, 12, 16)),
        ((2, 2, 12, 12),),
        "batch and size",
        (BOXES,),
    ),
    "patch 3d": Case(clips, (VIDEO,), ((2, 1, 3, 12, 16), (2, 4, 3, 4, 4)), SHORT),
    "causal 3d": Case(
        lambda: clips(causal=True, norm="instance"),
        (VIDEO,),
        ((2, 0, 3, 12, 16), (2, 1, 3, 4, 4)),
        "x must have at least 1 frames",
    ),
    "spectral 3d": Case(
        lambda: clips(norm="none", spectral_norm=True).eval(), (VIDEO,), ((2, 1, 3, 12, 16),), SHORT
    ),
    "multiscale 3d": Case(
        lambda: MultiscaleDiscriminator3d([clips(), clips()], pool_time=True),
        (VIDEO,),
        ((2, 2, 3, 12, 16), (2, 4, 3, 8, 8)),
        "x must have at least 3 frames",
    ),
    "paired": Case(
        lambda: PairedDiscriminator(clips(6)),
        (VIDEO, VIDEO),
        ((2, 4, 3, 12, 12),),
        "second must have shape",
        (torch.tensor([True, False]),),
    ),
    "features": Case(
        heads, (VIDEO,), ((2, 1, 3, 12, 16),), "at least 2 frames", frozen="backbone."
    ),
}


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


def inputs_of(case: Case, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    made = [rand(*shape, seed=seed, dtype=dtype) for seed, shape in enumerate(case.shapes)]
    return [*made, *(part.to(dtype) if part.is_floating_point() else part for part in case.extra)]


def built(case: Case) -> nn.Module:
    torch.manual_seed(0)
    return case.build()


def test_outputs_are_patch_outputs_or_logits(case: Case) -> None:
    outputs = built(case)(*inputs_of(case))

    for scale in [outputs] if isinstance(outputs, PatchOutput) else outputs:
        assert isinstance(scale, PatchOutput | Tensor)
        if isinstance(scale, PatchOutput):
            assert scale.logits.shape[-3] == 1
            assert isinstance(scale.features, tuple)
    assert all(len(part) == 2 and part.isfinite().all() for part in tree_leaves(outputs))


def test_samples_of_a_batch_are_independent(case: Case) -> None:
    network, inputs = built(case), inputs_of(case)

    both, first = network(*inputs), network(*(part[:1] for part in inputs))

    torch.testing.assert_close(first, tree_map(lambda part: part[:1], both))


def test_gradients_reach_the_inputs_and_all_trained_weights(case: Case) -> None:
    network = built(case)
    inputs = [part.requires_grad_(part.is_floating_point()) for part in inputs_of(case)]
    outputs = network(*inputs)
    scales = [outputs] if isinstance(outputs, PatchOutput) else outputs

    logits = [scale.logits if isinstance(scale, PatchOutput) else scale for scale in scales]
    torch.stack([part.square().sum() for part in logits]).sum().backward()

    for part in inputs[: len(case.shapes)]:
        assert part.grad.abs().sum() > 0
    for name, weight in network.named_parameters():
        assert (weight.grad is None) == name.startswith(case.frozen), name


def test_bfloat16(case: Case) -> None:
    network = built(case).to(torch.bfloat16)

    for part in tree_leaves(network(*inputs_of(case, torch.bfloat16))):
        assert part.dtype == torch.bfloat16
        assert part.isfinite().all()


def test_compiles(case: Case) -> None:
    if isinstance(built(case), RegionDiscriminator):
        pytest.skip("the number of regions depends on the boxes' values")
    assert_module_compiles(built(case), *inputs_of(case))


def test_copies_and_state_dicts_score_the_same(case: Case) -> None:
    network, inputs = built(case).eval(), inputs_of(case)
    torch.manual_seed(1)
    loaded = case.build().eval()
    loaded.load_state_dict(network.state_dict())

    assert_same_bits(copy.deepcopy(network)(*inputs), network(*inputs))
    assert_same_bits(loaded(*inputs), network(*inputs))


def test_too_short_and_too_small_inputs_raise(case: Case) -> None:
    network = built(case)
    for shape in case.refused:
        with pytest.raises(ValueError, match=case.message):
            network(rand(*shape), *inputs_of(case)[1:])


def test_wrong_rank_and_dtype_raise(case: Case) -> None:
    network, inputs = built(case), inputs_of(case)
    if isinstance(network, FeatureDiscriminator):
        pytest.skip("its backbone checks its inputs")
    with pytest.raises(ValueError, match=r"must have (shape|the batch)"):
        network(inputs[0][None, None], *inputs[1:])
    with pytest.raises(TypeError, match="floating-point"):
        network(inputs[0].long(), *inputs[1:])
