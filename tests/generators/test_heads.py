"""The last convolutions."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from tests.assertions import assert_gradients, rand
from tests.networks import assert_module_compiles
from vidgan.generators import FlowHead, ImageHead, OcclusionHead

HEADS = [lambda: ImageHead(2), lambda: FlowHead(2), lambda: OcclusionHead(2)]
every_head = pytest.mark.parametrize("head", HEADS, ids=["image", "flow", "occlusion"])


def convolved(head: nn.Module, x: Tensor) -> Tensor:
    """The 7x7 convolution over reflected borders, before the activation."""
    padded = F.pad(x, (3, 3, 3, 3), mode="reflect")
    return F.conv2d(padded, head.conv.weight, head.conv.bias)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_image_head(channels: int) -> None:
    head, x = ImageHead(2, channels), 9 * rand(2, 2, 4, 6)

    out = head(x)

    assert out.shape == (2, channels, 4, 6)
    torch.testing.assert_close(out, 2 / (1 + torch.exp(-2 * convolved(head, x))) - 1)


@pytest.mark.parametrize("scale", [20.0, 1.5])
def test_flow_head(scale: float) -> None:
    head, x = FlowHead(2, flow_scale=scale), rand(2, 2, 4, 6)

    torch.testing.assert_close(head(x), convolved(head, x) * scale)


def test_flow_head_is_in_units_of_20_pixels() -> None:
    assert FlowHead(2).flow_scale == 20


def test_occlusion_head() -> None:
    head, x = OcclusionHead(2), 9 * rand(2, 2, 4, 6)

    out = head(x)

    assert out.shape == (2, 1, 4, 6)
    torch.testing.assert_close(out, 1 / (1 + torch.exp(-convolved(head, x))))


@every_head
def test_gradients(head) -> None:
    assert_gradients(head().double(), rand(1, 2, 4, 5))


@every_head
def test_compiles(head) -> None:
    assert_module_compiles(head(), rand(2, 2, 4, 6))
