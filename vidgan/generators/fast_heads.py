"""The heads of a generator that works at a fraction of the frame's size."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vidgan.generators.convex_upsample import ConvexUpsample
from vidgan.layers import ReflectConv2d


class ConvexFlowHead(nn.Module):
    r"""Predicts the backward flow, in pixels, from features of a fraction of the frame's size.

    .. math:: \tilde w_{t-1} = c \cdot \operatorname{up}_f(
        \operatorname{conv}_{3 \times 3}(\text{features}))

    with :math:`c` = ``flow_scale`` and the convex upsampling of `ConvexUpsample`. It takes the
    place of a `FlowHead`.

    Args:
        in_channels: channels of the features.
        factor: f, by how much the size grows.
        flow_scale: pixels of the frame per unit of the convolution, as in `FlowHead`.

    Example:
        >>> ConvexFlowHead(8)(torch.zeros(1, 8, 8, 12)).shape
        torch.Size([1, 2, 32, 48])
    """

    def __init__(self, in_channels: int, *, factor: int = 4, flow_scale: float = 20.0) -> None:
        super().__init__()
        self.flow_scale = flow_scale
        self.conv = ReflectConv2d(in_channels, 2, 3)
        self.upsample = ConvexUpsample(in_channels, factor)

    def forward(self, features: Tensor) -> Tensor:
        """Return a flow (B, 2, f H, f W) in pixels of that size from (B, in_channels, H, W)."""
        flow: Tensor = self.upsample(self.flow_scale * self.conv(features), features)
        return flow


class ConvexOcclusionHead(nn.Module):
    r"""Predicts the soft occlusion mask from features of a fraction of the frame's size.

    .. math:: \tilde m_t = \operatorname{sigmoid}(\operatorname{up}_f(
        \operatorname{conv}_{3 \times 3}(\text{features})))

    with the convex upsampling of `ConvexUpsample`. It takes the place of an `OcclusionHead`.

    Args:
        in_channels: channels of the features.
        factor: f, by how much the size grows.

    Example:
        >>> ConvexOcclusionHead(8)(torch.zeros(1, 8, 8, 12)).shape
        torch.Size([1, 1, 32, 48])
    """

    def __init__(self, in_channels: int, *, factor: int = 4) -> None:
        super().__init__()
        self.conv = ReflectConv2d(in_channels, 1, 3)
        self.upsample = ConvexUpsample(in_channels, factor)

    def forward(self, features: Tensor) -> Tensor:
        """Return a mask (B, 1, f H, f W) in [0, 1] from features (B, in_channels, H, W)."""
        return torch.sigmoid(self.upsample(self.conv(features), features))
