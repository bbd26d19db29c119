"""A discriminator of one region of a frame."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vidgan._checks import check_shapes
from vidgan.functional import crop_regions
from vidgan.outputs import PatchOutput


class RegionDiscriminator(nn.Module):
    """Discriminator of one region of each frame, such as a face, given its condition maps.

    The released pose training of Wang et al. 2018, `arXiv:1808.06601
    <https://arxiv.org/abs/1808.06601>`__, adds such a discriminator for the face, which is small in
    the frame but perceptually important.

    Args:
        discriminator: a (multi-scale) discriminator of condition channels + image channels.
        size: (h, w) that every crop is resized to.

    Example:
        >>> from vidgan.models import multiscale_discriminator
        >>> d_face = RegionDiscriminator(multiscale_discriminator(4 + 3, base_channels=8), (32, 32))
        >>> boxes = torch.tensor([[10.0, 8.0, 25.0, 23.0], [torch.nan] * 4])
        >>> outputs = d_face(torch.zeros(2, 4, 64, 96), torch.zeros(2, 3, 64, 96), boxes)
        >>> outputs[0].logits.shape  # the second frame has no face
        torch.Size([1, 1, 7, 7])
    """

    def __init__(self, discriminator: nn.Module, size: tuple[int, int] = (64, 64)) -> None:
        super().__init__()
        self.discriminator = discriminator
        self.size = size

    def forward(self, conditions: Tensor, frames: Tensor, boxes: Tensor) -> tuple[PatchOutput, ...]:
        """Score the region of each frame.

        Args:
            conditions: condition maps, (B, C, H, W).
            frames: (B, 3, H, W), RGB in [-1, 1].
            boxes: (B, 4), x0, y0, x1, y1 in pixels; NaN for a frame without the region.

        Returns:
            One `PatchOutput` per scale, finest first, for the frames with the region; an empty
            tuple if there are none.

        Raises:
            TypeError: if an argument is not a floating-point tensor.
            ValueError: if the shapes do not fit.
        """
        name = "RegionDiscriminator"
        check_shapes(name, conditions=(conditions, "B C H W"), frames=(frames, "B' C' H' W'"))
        if conditions.shape[0] != frames.shape[0] or conditions.shape[2:] != frames.shape[2:]:
            raise ValueError(
                f"{name}: frames must have the batch and size of conditions = "
                f"{tuple(conditions.shape)}, got {tuple(frames.shape)}"
            )
        crops = crop_regions(torch.cat([conditions, frames], 1), boxes, self.size)  # (N, C, h, w)
        if not len(crops):
            return ()
        outputs: tuple[PatchOutput, ...] = self.discriminator(crops)
        return outputs
