"""The decoder shared by the heads of a branch."""

from __future__ import annotations

from torch import Tensor, nn

from vidgan._checks import check_positive
from vidgan.layers import Norm, ResidualBlock, UpBlock, Upsampling


class Trunk(nn.Module):
    """Residual blocks, then upsamplings that halve the width.

    Args:
        in_channels: channels of the encoded features, g * 2**d.
        num_upsamplings: how often the size is doubled and the width halved, d.
        num_blocks: residual blocks at the smallest size.
        norm: see `make_norm`.
        upsampling: see `UpBlock`.

    Raises:
        ValueError: a count is out of range, a choice is unknown, or the width cannot be halved that
            often.

    Example:
        >>> import torch
        >>> Trunk(32, num_upsamplings=2, num_blocks=1)(torch.zeros(1, 32, 8, 12)).shape
        torch.Size([1, 8, 32, 48])
    """

    def __init__(
        self,
        in_channels: int,
        *,
        num_upsamplings: int = 3,
        num_blocks: int = 4,
        norm: Norm = "batch",
        upsampling: Upsampling = "transposed",
    ) -> None:
        super().__init__()
        check_positive(num_upsamplings, "Trunk", "num_upsamplings", minimum=0)
        check_positive(num_blocks, "Trunk", "num_blocks", minimum=0)
        if in_channels % 2**num_upsamplings:
            raise ValueError(
                f"Trunk: in_channels must be a multiple of 2**num_upsamplings = "
                f"{2**num_upsamplings}, got {in_channels}"
            )
        self.in_channels = in_channels
        self.out_channels = in_channels // 2**num_upsamplings
        self.blocks = nn.Sequential(
            *(ResidualBlock(in_channels, norm=norm) for _ in range(num_blocks))
        )
        widths = [in_channels // 2**i for i in range(num_upsamplings)]
        self.ups = nn.Sequential(
            *(UpBlock(width, width // 2, upsampling=upsampling, norm=norm) for width in widths)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return (B, C / 2**d, H * 2**d, W * 2**d) from encoded features (B, C, H, W)."""
        out: Tensor = self.ups(self.blocks(features))
        return out
