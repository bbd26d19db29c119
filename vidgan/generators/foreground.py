"""The foreground hallucination network."""

from __future__ import annotations

from torch import Tensor, nn

from vidgan.generators.branches import ImageBranch


class ForegroundHallucinator(nn.Module):
    """The foreground network H_F of Wang et al. 2018, Eq. 9: it sees the condition maps alone.

    Args:
        encoder: from stacked condition maps to features, such as `Encoder`.
        branch: from those features to an image, such as `ImageBranch`.

    Example:
        >>> import torch
        >>> from vidgan.generators import Decoder, Encoder, ImageHead
        >>> encoder = Encoder(9, 8, num_downsamplings=2, num_blocks=0)
        >>> branch = ImageBranch(Decoder(8, num_upsamplings=2, num_blocks=3), ImageHead(8))
        >>> ForegroundHallucinator(encoder, branch)(torch.zeros(1, 9, 32, 48)).shape
        torch.Size([1, 3, 32, 48])
    """

    def __init__(self, encoder: nn.Module, branch: ImageBranch) -> None:
        super().__init__()
        self.encoder = encoder
        self.branch = branch

    def forward(self, stacked_conditions: Tensor) -> Tensor:
        """Return the foreground image (B, 3, H, W) from maps (B, (L+1)*C, H, W)."""
        image: Tensor = self.branch(self.encoder(stacked_conditions))
        return image
