"""A trunk with its heads."""

from __future__ import annotations

import torch
from torch import nn

from tests.assertions import assert_gradients, rand
from tests.networks import assert_module_compiles
from vidgan.generators import Decoder, FlowBranch, FlowHead, ImageBranch, ImageHead, OcclusionHead


def tiny_trunk() -> Decoder:
    return Decoder(2, num_upsamplings=1, num_blocks=1, norm="instance")


def test_image_branch() -> None:
    branch, x = ImageBranch(tiny_trunk(), ImageHead(2, 4)), rand(2, 4, 2, 3)

    out = branch(x)

    assert out.shape == (2, 4, 4, 6)
    torch.testing.assert_close(out, branch.head(branch.trunk(x)))


def test_heads_of_the_flow_branch_share_a_trunk() -> None:
    branch, x = FlowBranch(tiny_trunk(), FlowHead(2), OcclusionHead(2)), rand(2, 4, 2, 3)
    calls = []
    branch.trunk.register_forward_hook(lambda *_: calls.append(1))

    flow, occlusion = branch(x)

    assert len(calls) == 1
    assert (flow.shape, occlusion.shape) == ((2, 2, 4, 6), (2, 1, 4, 6))
    features = branch.trunk(x)
    torch.testing.assert_close(flow, branch.flow_head(features))
    torch.testing.assert_close(occlusion, branch.occlusion_head(features))


def test_any_module_serves_as_trunk() -> None:
    branch = ImageBranch(nn.Upsample(scale_factor=2), ImageHead(4))

    assert branch(rand(1, 4, 4, 6)).shape == (1, 3, 8, 12)


def test_gradients() -> None:
    image = ImageBranch(tiny_trunk(), ImageHead(2)).double()
    flow = FlowBranch(tiny_trunk(), FlowHead(2), OcclusionHead(2)).double()

    assert_gradients(image, rand(1, 4, 2, 3))
    assert_gradients(lambda x: torch.cat(flow(x), 1), rand(1, 4, 2, 3))


def test_compiles() -> None:
    assert_module_compiles(ImageBranch(tiny_trunk(), ImageHead(2)), rand(2, 4, 2, 3))
    flow = FlowBranch(tiny_trunk(), FlowHead(2), OcclusionHead(2))
    assert_module_compiles(flow, rand(2, 4, 2, 3))
