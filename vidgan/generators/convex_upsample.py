"""Upsampling by weights that are predicted from features."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vidgan._checks import check_maps
from vidgan.functional import convex_upsample

_LEAST = 0.01  # share of a neighbor


class ConvexUpsample(nn.Module):
    r"""Upsamples a map by convex combinations of neighbors, with weights predicted from features.

    .. math:: y = \operatorname{convex\_upsample}(x, \tfrac14 \operatorname{conv}_{1 \times 1}(
        \text{features}))

    with `vidgan.functional.convex_upsample`, Teed and Deng 2020, `arXiv:2003.12039
    <https://arxiv.org/abs/2003.12039>`__, Sec. 3.3; their code scales the logits by 1/4. It starts
    near bilinear upsampling, where equal weights would repeat every coarse value.

    Args:
        in_channels: channels of the features.
        factor: f, by how much the map grows.

    Example:
        >>> import torch
        >>> ConvexUpsample(8)(torch.zeros(1, 2, 8, 12), torch.zeros(1, 8, 8, 12)).shape
        torch.Size([1, 2, 32, 48])
    """

    def __init__(self, in_channels: int, factor: int = 4) -> None:
        super().__init__()
        self.factor = factor
        self.conv = nn.Conv2d(in_channels, 9 * factor**2, 1)
        self.start_as_bilinear()

    @torch.no_grad()
    def start_as_bilinear(self) -> None:
        """Set the bias to the weights of bilinear upsampling; `init_weights` sets it to zero."""
        places = (torch.arange(self.factor) + 0.5) / self.factor - 0.5
        neighbors = torch.arange(-1, 2)[:, None]
        # (3, f); a share of 0 has no logarithm, and could not be learned
        shares = (1 - (places - neighbors).abs()).clamp(min=_LEAST).log()
        logits = shares[:, None, :, None] + shares[None, :, None, :]  # (3, 3, f, f)
        if self.conv.bias is not None:
            self.conv.bias.copy_(4 * logits.flatten())

    def forward(self, values: Tensor, features: Tensor) -> Tensor:
        """Return values (B, C, H, W) at f times the size, from features (B, in_channels, H, W)."""
        check_maps("ConvexUpsample", features, self.conv.in_channels, argument="features")
        return convex_upsample(values, 0.25 * self.conv(features), self.factor)
