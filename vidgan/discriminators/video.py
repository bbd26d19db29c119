"""The flow-conditioned video discriminator D_V."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor, nn

from vidgan._checks import check_floating, check_positive, check_shape
from vidgan.outputs import PatchOutput


class VideoDiscriminator(nn.Module):
    """D_V of Wang et al. 2018, arXiv:1808.06601, Eq. 5 to 7, at one temporal rate.

    Tells K consecutive (or strided) real frames from generated ones, given the K-1 flows between
    the *real* frames; fakes and reals of a group see the same flows. One such module per rate:
    see `vidgan.functional.temporal_groups`.

    Args:
        discriminator: a multi-scale discriminator of ``K * image channels + 2 * (K-1)`` channels,
            or without the last term where flows are not given.
        num_frames: K, at least 2; 3 in the paper.
        flow_scale: flows are divided by this many pixels; 20 in the released networks.

    Raises:
        ValueError: num_frames is below 2.

    Example:
        >>> from vidgan.models import multiscale_discriminator
        >>> d_v = VideoDiscriminator(multiscale_discriminator(3 * 3 + 2 * 2, base_channels=8))
        >>> outputs = d_v(torch.zeros(2, 3, 3, 64, 96), torch.zeros(2, 2, 2, 64, 96))
        >>> outputs[0].logits.shape
        torch.Size([2, 1, 11, 15])
    """

    def __init__(
        self, discriminator: nn.Module, *, num_frames: int = 3, flow_scale: float = 20.0
    ) -> None:
        super().__init__()
        check_positive(num_frames, "VideoDiscriminator", "num_frames", minimum=2)
        self.discriminator = discriminator
        self.num_frames = num_frames
        self.flow_scale = flow_scale

    def forward(self, frames: Tensor, flows: Tensor | None = None) -> tuple[PatchOutput, ...]:
        """Score groups of frames given the flows between the real ones.

        Args:
            frames: (B, K, 3, H, W), RGB in [-1, 1], oldest first.
            flows: backward flow into each of the last K-1 frames, (B, K-1, 2, H, W) in pixels, or
                None for a discriminator that was built without them.

        Returns:
            One `PatchOutput` per scale, finest first.

        Raises:
            ValueError: a shape does not fit, there is no group, or the channels do not add up.
            TypeError: an input is not a floating-point tensor.
        """
        name = "VideoDiscriminator"
        check_floating(frames, name, "frames")
        check_shape(frames, ("B", self.num_frames, "C", "H", "W"), name, "frames")
        if len(frames) == 0:
            raise ValueError(
                "VideoDiscriminator: frames must hold at least one group, got none: the clip is "
                "too short for this rate"
            )
        stacked = rearrange(frames, "B K C H W -> B (K C) H W")
        if flows is not None:
            batch, _, _, height, width = frames.shape
            check_floating(flows, name, "flows")
            shape = (batch, self.num_frames - 1, 2, height, width)
            check_shape(flows, shape, name, "flows", why="as in frames")
            scaled = rearrange(flows, "B K C H W -> B (K C) H W") / self.flow_scale
            stacked = torch.cat([stacked, scaled], 1)
        outputs: tuple[PatchOutput, ...] = self.discriminator(stacked)
        return outputs
