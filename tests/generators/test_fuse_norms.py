"""Convolutions that compute the norm after them."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from tests.assertions import rand
from tests.networks import frame_inputs, tiny_generator
from vidgan.generators import fuse_norms
from vidgan.layers import ConvBlock, SeparableResidualBlock, TrackedInstanceNorm, UpBlock
from vidgan.models import fast_generator, spade_generator


def with_statistics(network: nn.Module) -> nn.Module:
    """``network`` in eval mode with running statistics and affine weights far from 0 and 1."""
    torch.manual_seed(3)
    for part in network.modules():
        for name, value in [*part.named_buffers(recurse=False)]:
            if name in ("running_mean", "running_var"):
                value.uniform_(0.3, 3)
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 0.5, 2)
            nn.init.uniform_(part.bias, -1, 1)
    return network.double().eval()


def norms(network: nn.Module) -> int:
    kinds = nn.BatchNorm2d | TrackedInstanceNorm
    return sum(isinstance(part, kinds) for part in network.modules())


@pytest.mark.parametrize("norm", ["batch", "instance_tracked"])
@pytest.mark.parametrize("upsampling", ["transposed", "resize", "shuffle"])
@pytest.mark.parametrize("foreground", [False, True])
def test_a_generator_returns_the_same(norm: str, upsampling: str, foreground: bool) -> None:
    options = {"norm": norm, "upsampling": upsampling, "foreground": foreground}
    generator = with_statistics(tiny_generator(**options))
    call = {name: value.double() for name, value in frame_inputs(generator).items()}

    fused = fuse_norms(copy.deepcopy(generator))

    assert norms(generator) > 0
    assert norms(fused) == 0
    torch.testing.assert_close(fused(**call)[:5], generator(**call)[:5], rtol=1e-9, atol=1e-9)


def test_the_fast_generator_returns_the_same() -> None:
    generator = fast_generator(2, base_channels=8, num_blocks=2, num_branch_blocks=1)
    generator = with_statistics(generator)
    call = rand(1, 3, 2, 12, 16).double(), rand(1, 2, 3, 12, 16, seed=1).double()

    fused = fuse_norms(copy.deepcopy(generator))

    assert norms(fused) == 0
    torch.testing.assert_close(fused(*call)[:5], generator(*call)[:5], rtol=1e-9, atol=1e-9)


def test_by_hand() -> None:
    block = ConvBlock(1, 1, 1).double().eval()
    nn.init.constant_(block.conv.weight, 3)
    nn.init.constant_(block.conv.bias, 1)
    block.norm.eps = 0.0
    block.norm.running_mean.fill_(5)
    block.norm.running_var.fill_(4)
    nn.init.constant_(block.norm.weight, 2)
    nn.init.constant_(block.norm.bias, 7)

    fuse_norms(block)

    # 2 (3 x + 1 - 5) / 2 + 7 = 3 x + 3
    assert (block.conv.weight.item(), block.conv.bias.item()) == (3, 3)


@pytest.mark.parametrize("norm", ["instance", "group", "none"])
def test_other_norms_stay(norm: str) -> None:
    generator = tiny_generator(norm=norm).eval()
    before = repr(generator)
    weights = {name: value.clone() for name, value in generator.state_dict().items()}

    fuse_norms(generator)

    assert repr(generator) == before
    torch.testing.assert_close(generator.state_dict(), weights, rtol=0, atol=0)


def test_a_conditional_norm_stays() -> None:
    generator = spade_generator(
        4, base_channels=2, num_downsamplings=1, num_blocks=1, hidden_channels=4
    ).eval()
    call = rand(1, 2, 4, 8, 12), rand(1, 1, 3, 8, 12, seed=1)
    want = generator(*call).frame

    assert torch.allclose(fuse_norms(generator)(*call).frame, want, atol=1e-5)


def test_a_spectral_norm_keeps_its_norm() -> None:
    block = UpBlock(2, 3)
    nn.utils.parametrizations.spectral_norm(block.conv)

    assert isinstance(fuse_norms(block.eval()).norm, nn.BatchNorm2d)


def test_a_frozen_norm_in_a_trained_network_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^fuse_norms: network must be in eval mode, got train "):
        fuse_norms(SeparableResidualBlock(4))
