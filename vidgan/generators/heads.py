"""The last convolutions: from trunk features to an image, a flow, an occlusion mask."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def _last_conv(in_channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, 7, padding=3, padding_mode="reflect")


class ImageHead(nn.Module):
    """Draws the hallucinated frame h of Wang et al. 2018, Eq. 4: ``tanh(conv(x))``.

    Args:
        in_channels: channels of the trunk's features.
        out_channels: channels of the image, 3 for RGB.

    Example:
        >>> ImageHead(8)(torch.zeros(1, 8, 32, 48)).shape
        torch.Size([1, 3, 32, 48])
    """

    def __init__(self, in_channels: int, out_channels: int = 3) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.conv = _last_conv(in_channels, out_channels)

    def forward(self, features: Tensor) -> Tensor:
        """Return an image (B, out_channels, H, W) in [-1, 1] from features (B, C, H, W)."""
        return torch.tanh(self.conv(features))


class FlowHead(nn.Module):
    """Predicts the backward flow w of Wang et al. 2018, Eq. 4: ``flow_scale * conv(x)`` pixels.

    Args:
        in_channels: channels of the trunk's features.
        flow_scale: pixels per unit of the convolution; 20 in the released networks.

    Example:
        >>> FlowHead(8)(torch.zeros(1, 8, 32, 48)).shape
        torch.Size([1, 2, 32, 48])
    """

    def __init__(self, in_channels: int, *, flow_scale: float = 20.0) -> None:
        super().__init__()
        self.flow_scale = flow_scale
        self.conv = _last_conv(in_channels, 2)

    def forward(self, features: Tensor) -> Tensor:
        """Return a flow (B, 2, H, W) in pixels from features (B, C, H, W)."""
        flow: Tensor = self.flow_scale * self.conv(features)
        return flow


class OcclusionHead(nn.Module):
    """Predicts the soft occlusion mask m of Wang et al. 2018, Eq. 4: ``sigmoid(conv(x))``.

    Args:
        in_channels: channels of the trunk's features.

    Example:
        >>> OcclusionHead(8)(torch.zeros(1, 8, 32, 48)).shape
        torch.Size([1, 1, 32, 48])
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.conv = _last_conv(in_channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Return a mask (B, 1, H, W) in [0, 1], 1 = hallucinate, from features (B, C, H, W)."""
        return torch.sigmoid(self.conv(features))
