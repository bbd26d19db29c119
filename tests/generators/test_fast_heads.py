"""The heads at a fraction of the size."""

from __future__ import annotations

import torch
from torch import nn

from tests.assertions import rand
from vidgan.generators import ConvexFlowHead, ConvexOcclusionHead


def test_constant_flow_is_in_pixels_of_the_frame() -> None:
    head = ConvexFlowHead(5, factor=2, flow_scale=20.0)
    nn.init.zeros_(head.conv.weight)
    with torch.no_grad():
        head.conv.bias.copy_(torch.tensor([0.1, -0.2]))

    flow = head(rand(1, 5, 3, 4))

    expected = torch.tensor([2.0, -4.0])[:, None, None].expand(1, 2, 6, 8)
    torch.testing.assert_close(flow, expected)


def test_mask_is_the_sigmoid() -> None:
    head = ConvexOcclusionHead(5, factor=2)
    nn.init.zeros_(head.conv.weight)
    nn.init.constant_(head.conv.bias, 0.5)

    expected = torch.tensor(0.5).sigmoid().expand(1, 1, 6, 8)
    torch.testing.assert_close(head(rand(1, 5, 3, 4)), expected)
