"""The conditional image discriminator D_I."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vidgan._checks import check_floating, check_frames, check_shape
from vidgan.outputs import PatchOutput


class ImageDiscriminator(nn.Module):
    """D_I of Wang et al. 2018, arXiv:1808.06601, Eq. 5 to 7: tells (x_t, s_t) from (x~_t, s_t).

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
            ValueError: batch or size of the two differ, or the channels do not add up.
            TypeError: one of them is not a floating-point tensor.
        """
        name = "ImageDiscriminator"
        check_frames(frames, name, "frames")
        check_floating(conditions, name, "conditions")
        batch, _, height, width = frames.shape
        check_shape(conditions, (batch, "C", height, width), name, "conditions", why="as in frames")
        outputs: tuple[PatchOutput, ...] = self.discriminator(torch.cat([conditions, frames], 1))
        return outputs
