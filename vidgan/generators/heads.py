"""The last convolutions: from a decoder's features to an image, a flow or an occlusion mask."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vidgan._checks import check_maps
from vidgan.layers import ReflectConv2d


class ImageHead(nn.Module):
    r"""Renders the hallucinated frame from the features of a decoder.

    .. math:: \tilde h_t = \tanh(\operatorname{conv}_{7 \times 7}(\text{features}))

    :math:`\tilde h_t` of Wang et al. 2018,
    `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 4.

    Args:
        in_channels: channels of the features.
        out_channels: channels of the image, 3 for RGB.

    Example:
        >>> ImageHead(8)(torch.zeros(1, 8, 32, 48)).shape
        torch.Size([1, 3, 32, 48])
    """

    def __init__(self, in_channels: int, out_channels: int = 3) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.conv = ReflectConv2d(in_channels, out_channels, 7)

    def forward(self, features: Tensor) -> Tensor:
        """Return an image (B, out_channels, H, W) in [-1, 1] from features (B, C, H, W)."""
        check_maps("ImageHead", features, self.conv.in_channels, least=4, argument="features")
        return torch.tanh(self.conv(features))


class FlowHead(nn.Module):
    r"""Predicts the backward flow, in pixels, from the features of a decoder.

    .. math:: \tilde w_{t-1} = c \cdot \operatorname{conv}_{7 \times 7}(\text{features})

    with :math:`c` = ``flow_scale``; :math:`\tilde w_{t-1}` of Wang et al. 2018,
    `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 4.

    Args:
        in_channels: channels of the features.
        flow_scale: pixels per unit of the convolution; 20 in the released networks.

    Example:
        >>> FlowHead(8)(torch.zeros(1, 8, 32, 48)).shape
        torch.Size([1, 2, 32, 48])
    """

    def __init__(self, in_channels: int, *, flow_scale: float = 20.0) -> None:
        super().__init__()
        self.flow_scale = flow_scale
        self.conv = ReflectConv2d(in_channels, 2, 7)

    def forward(self, features: Tensor) -> Tensor:
        """Return a flow (B, 2, H, W) in pixels from features (B, C, H, W)."""
        check_maps("FlowHead", features, self.conv.in_channels, least=4, argument="features")
        # a motion of 20 pixels is an activation of 1: the convolution keeps the scale of its input
        flow: Tensor = self.flow_scale * self.conv(features)
        return flow


class OcclusionHead(nn.Module):
    r"""Predicts the soft occlusion mask from the features of a decoder.

    .. math:: \tilde m_t = \operatorname{sigmoid}(\operatorname{conv}_{7 \times 7}(\text{features}))

    :math:`\tilde m_t` of Wang et al. 2018,
    `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 4.

    Args:
        in_channels: channels of the features.

    Example:
        >>> OcclusionHead(8)(torch.zeros(1, 8, 32, 48)).shape
        torch.Size([1, 1, 32, 48])
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.conv = ReflectConv2d(in_channels, 1, 7)

    def forward(self, features: Tensor) -> Tensor:
        """Return a mask (B, 1, H, W) in [0, 1], 1 = hallucinate, from features (B, C, H, W)."""
        check_maps("OcclusionHead", features, self.conv.in_channels, least=4, argument="features")
        return torch.sigmoid(self.conv(features))
