"""The foreground hallucination network."""

from __future__ import annotations

from torch import Tensor, nn

from vidgan.generators.branches import ImageBranch


class ForegroundHallucinator(nn.Module):
    r"""The foreground network :math:`H_F`: hallucinates objects from the condition maps alone.

    .. math:: \tilde h_{F,t} = H_F(s_{t-L}^{t})

    Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 9.

    Args:
        encoder: from stacked condition maps to features, such as `Encoder`.
        branch: from encoded features to an image, such as `ImageBranch`.

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
        # no past frames: a moving object is rendered from its conditions, not carried along
        image: Tensor = self.branch(self.encoder(stacked_conditions))
        return image
