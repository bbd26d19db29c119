"""Weights in the precision of autocast."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from tests.networks import frame_inputs, tiny_generator
from vidgan.layers import cast_convolutions


@pytest.mark.parametrize("norm", ["batch", "instance", "instance_tracked"])
@pytest.mark.parametrize("size", [(4, 6), (64, 128)])
@torch.no_grad()
def test_outputs_are_the_same_bits(norm: str, size: tuple[int, int]) -> None:
    generator = tiny_generator(norm=norm).eval()
    inputs = frame_inputs(generator, size)
    cast = cast_convolutions(copy.deepcopy(generator))

    with torch.autocast("cpu", torch.bfloat16):
        want, got = generator(**inputs), cast(**inputs)

    for ours, theirs in zip(got[:5], want[:5], strict=True):
        assert ours.dtype == theirs.dtype
        assert torch.equal(ours, theirs)


def test_norms_and_parametrized_layers_stay() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), spectral_norm(nn.Linear(4, 4)))

    assert cast_convolutions(network, torch.float16) is network

    dtypes = [next(layer.parameters()).dtype for layer in network]
    assert dtypes == [torch.float16, torch.float32, torch.float32]
