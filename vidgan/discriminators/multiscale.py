"""Patch discriminators on an image pyramid."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from vidgan.discriminators.patch import PatchDiscriminator
from vidgan.functional import average_pyramid
from vidgan.outputs import PatchOutput


class MultiscaleDiscriminator(nn.Module):
    """One patch discriminator per level of an average-pool pyramid, finest level first.

    Wang et al. 2018 (pix2pixHD, arXiv:1711.11585), section 3.2.

    Args:
        discriminators: the patch discriminators, that of the finest scale first.

    Raises:
        ValueError: there are none.

    Example:
        >>> import torch
        >>> scales = [PatchDiscriminator(3, 8), PatchDiscriminator(3, 16)]
        >>> fine, coarse = MultiscaleDiscriminator(scales)(torch.zeros(1, 3, 64, 96))
        >>> fine.logits.shape, coarse.logits.shape
        (torch.Size([1, 1, 11, 15]), torch.Size([1, 1, 7, 9]))
    """

    def __init__(self, discriminators: Sequence[PatchDiscriminator]) -> None:
        super().__init__()
        if not discriminators:
            raise ValueError("MultiscaleDiscriminator: discriminators must not be empty")
        self.discriminators = nn.ModuleList(discriminators)

    def forward(self, x: Tensor) -> tuple[PatchOutput, ...]:
        """Return the outputs of every scale for x (B, C, H, W), finest first."""
        levels = average_pyramid(x, len(self.discriminators))
        return tuple(
            discriminator(level)
            for discriminator, level in zip(self.discriminators, levels, strict=True)
        )
