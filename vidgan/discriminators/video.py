"""The flow-conditioned video discriminator D_V."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor, nn

from vidgan._checks import check_at_least, check_shapes
from vidgan.functional import known_flow
from vidgan.outputs import PatchOutput


class VideoDiscriminator(nn.Module):
    """Flow-conditioned video discriminator :math:`D_V` at one temporal rate.

    Tells K real frames, consecutive or strided, from generated ones, given the K-1 flows between
    the *real* frames: both are conditioned on the same flows (Wang et al. 2018, `arXiv:1808.06601
    <https://arxiv.org/abs/1808.06601>`__, Eq. 5 to 7). Use one such module per rate; see
    `vidgan.functional.temporal_groups`.

    Args:
        discriminator: a multi-scale discriminator of ``K * image channels + 2 * (K-1)`` channels,
            or of ``K * image channels`` if flows are not given.
        num_frames: K, at least 2; 3 in the paper.
        flow_scale: pixels by which flows are divided; 20 in the released networks.

    Raises:
        ValueError: if ``num_frames`` is below 2.

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
        check_at_least("VideoDiscriminator", 2, num_frames=num_frames)
        self.discriminator = discriminator
        self.num_frames = num_frames
        self.flow_scale = flow_scale

    def forward(self, frames: Tensor, flows: Tensor | None = None) -> tuple[PatchOutput, ...]:
        """Score groups of frames given the flows between the real ones.

        Args:
            frames: (B, K, 3, H, W), RGB in [-1, 1], oldest first.
            flows: backward flow from each of the last K-1 frames to the one before it,
                (B, K-1, 2, H, W) in pixels, or None for a discriminator built without flows.
                Unknown vectors count as (0, 0).

        Returns:
            One `PatchOutput` per scale, finest first.

        Raises:
            TypeError: if an argument is not a floating-point tensor.
            ValueError: if the shapes do not fit, if there is no group, or if the channels do not
                add up.
        """
        check_shapes(
            "VideoDiscriminator",
            frames=(frames, f"B {self.num_frames} C H W"),
            flows=(flows, f"B {self.num_frames - 1} 2 H W or None", "as in frames"),
        )
        if len(frames) == 0:
            raise ValueError(
                "VideoDiscriminator: frames must hold at least one group, got none: the clip is "
                "too short for this rate"
            )
        stacked = rearrange(frames, "B K C H W -> B (K C) H W")
        if flows is not None:
            # Divided by the scale, flows have about the range of RGB.
            scaled = rearrange(known_flow(flows)[0], "B K C H W -> B (K C) H W") / self.flow_scale
            stacked = torch.cat([stacked, scaled], 1)
        outputs: tuple[PatchOutput, ...] = self.discriminator(stacked)
        return outputs
