"""The conditional image discriminator D_I."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vidgan._checks import check_shapes
from vidgan.outputs import PatchOutput


class ImageDiscriminator(nn.Module):
    r"""Conditional image discriminator :math:`D_I`.

    Tells pairs :math:`(x_t, s_t)` of a real frame and its condition maps from pairs
    :math:`(\tilde x_t, s_t)` with a generated frame (Wang et al. 2018,
    `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 5 to 7).

    Args:
        discriminator: a multi-scale discriminator of condition channels + image channels.

    Example:
        >>> from vidgan.models import multiscale_discriminator
        >>> d_i = ImageDiscriminator(multiscale_discriminator(4 + 3, base_channels=8))
        >>> outputs = d_i(torch.zeros(2, 4, 64, 96), torch.zeros(2, 3, 64, 96))
        >>> len(outputs), outputs[0].logits.shape
        (2, torch.Size([2, 1, 11, 15]))
    """

    def __init__(self, discriminator: nn.Module) -> None:
        super().__init__()
        self.discriminator = discriminator

    def forward(self, conditions: Tensor, frames: Tensor) -> tuple[PatchOutput, ...]:
        """Score frames given their conditions.

        Args:
            conditions: condition maps of the same frames, (B, C, H, W).
            frames: (B, 3, H, W), RGB in [-1, 1].

        Returns:
            One `PatchOutput` per scale, finest first.

        Raises:
            TypeError: if an argument is not a floating-point tensor.
            ValueError: if batch or size of the two differ, or the channels do not add up.
        """
        check_shapes(
            "ImageDiscriminator",
            frames=(frames, "B C H W"),
            conditions=(conditions, "B C' H W", "as in frames"),
        )
        outputs: tuple[PatchOutput, ...] = self.discriminator(torch.cat([conditions, frames], 1))
        return outputs
