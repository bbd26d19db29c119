"""Heads that pool the features of a frozen backbone to one logit per clip or per frame."""

from __future__ import annotations

from collections.abc import Callable

import torch
from einops import rearrange, reduce
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from vidgan._checks import check_at_least
from vidgan.discriminators.feature_heads import (
    ProjectionLogit,
    check_clips,
    check_counts,
    conv_stack,
)


class FactorizedHead(nn.Module):
    r"""Scores a clip by its mean over space, seen in time, and its mean over time, seen in space.

    .. math:: h = M \left[\operatorname{mean}_t f_T(\operatorname{mean}_p x),\;
        \operatorname{mean}_p f_S(\operatorname{mean}_t x)\right]

    with convolutions f of widths 5 and 3 over time and over space, and a linear layer M with
    LeakyReLU; `ProjectionLogit` scores h. The design is vidgan's own. It needs two frames at
    least. Arguments as `SpatialHead`; ``per_frame``: one logit per frame, from the space of the
    frame and from the time around it, in place of one per clip.

    Example:
        >>> features = torch.zeros(2, 16, 3, 4, 6)
        >>> FactorizedHead(16)(features).shape, FactorizedHead(16, per_frame=True)(features).shape
        (torch.Size([2]), torch.Size([2, 3]))
    """

    min_frames = 2

    def __init__(
        self,
        in_channels: int,
        channels: int = 64,
        *,
        condition_channels: int | None = None,
        per_frame: bool = False,
    ) -> None:
        super().__init__()
        check_counts("FactorizedHead", in_channels, channels, condition_channels)
        self.in_channels, self.condition_channels = in_channels, condition_channels
        self.per_frame = per_frame
        self.score = ProjectionLogit(channels, condition_channels)
        self.time = nn.Sequential(*conv_stack(nn.Conv1d, in_channels, channels, widths=(5, 3)))
        self.space = nn.Sequential(*conv_stack(nn.Conv2d, in_channels, channels, widths=(5, 3)))
        self.mix = nn.Sequential(nn.Linear(2 * channels, channels), nn.LeakyReLU(0.2))

    def forward(self, clips: Tensor, condition: Tensor | None = None) -> Tensor:
        """Score features (B, in_channels, T, H, W): one logit per clip, (B,), or frame, (B, T)."""
        check_clips("FactorizedHead", self, clips)
        in_time = self.time(clips.mean((3, 4))).transpose(1, 2)  # (B, T, d)
        seen = clips if self.per_frame else clips.mean(2, keepdim=True)
        frames = self.space(rearrange(seen, "B C T H W -> (B T) C H W")).mean((2, 3))
        in_space = rearrange(frames, "(B T) C -> B T C", T=seen.shape[2])
        if not self.per_frame:
            in_time, in_space = in_time.mean(1), in_space[:, 0]
        logits: Tensor = self.score(self.mix(torch.cat([in_time, in_space], -1)), condition)
        return logits


class MultiscaleHead(nn.Module):
    r"""Scores a clip by convolutions on its features averaged over blocks of several sizes.

    .. math:: h = M \left[\operatorname{mean}_p f_s(\operatorname{pool}_s(R x))\right]_s

    with a 1x1x1 convolution R, average pooling by each factor s in space and time (axes shorter
    than it are pooled whole), a 3x3x3 convolution f for each, and a linear layer M with LeakyReLU
    over all scales; `ProjectionLogit` scores h. The design is vidgan's own. Arguments as
    `SpatialHead`; ``scales``: the factors; ``per_frame``: one logit per frame by itself, in place
    of one per clip.

    Example:
        >>> MultiscaleHead(16)(torch.zeros(2, 16, 3, 4, 6)).shape
        torch.Size([2])
    """

    min_frames = 1

    def __init__(
        self,
        in_channels: int,
        channels: int = 64,
        *,
        scales: tuple[int, ...] = (1, 2, 4),
        condition_channels: int | None = None,
        per_frame: bool = False,
    ) -> None:
        super().__init__()
        check_counts("MultiscaleHead", in_channels, channels, condition_channels)
        self.in_channels, self.condition_channels = in_channels, condition_channels
        self.per_frame = per_frame
        self.score = ProjectionLogit(channels, condition_channels)
        check_at_least("MultiscaleHead", 1, scales=min(scales, default=0))
        self.scales = scales
        self.reduce = nn.Conv3d(in_channels, channels, 1)
        self.layers = nn.ModuleList(
            nn.Sequential(*conv_stack(nn.Conv3d, channels, channels, widths=(3,))) for _ in scales
        )
        self.mix = nn.Sequential(nn.Linear(channels * len(scales), channels), nn.LeakyReLU(0.2))

    def forward(self, clips: Tensor, condition: Tensor | None = None) -> Tensor:
        """Score features (B, in_channels, T, H, W): one logit per clip, (B,), or frame, (B, T)."""
        check_clips("MultiscaleHead", self, clips)
        vectors = _pool(self._pooled, clips, per_frame=self.per_frame)
        logits: Tensor = self.score(vectors, condition)
        return logits

    def _pooled(self, clips: Tensor) -> Tensor:
        reduced, means = self.reduce(clips), []
        for scale, layer in zip(self.scales, self.layers, strict=True):
            means.append(layer(_block_means(reduced, scale)).mean((2, 3, 4)))
        mixed: Tensor = self.mix(torch.cat(means, 1))
        return mixed


class AttentionHead(nn.Module):
    r"""Scores a clip by one learned query that attends to all positions (attention pooling).

    .. math:: h = \operatorname{norm}\left(\sum_p \operatorname{softmax}_p\left(
        \frac{q^\top K x_p}{\sqrt d}\right) V x_p\right)

    with a learned query q, features x after a layer norm, and several heads of d channels, joined
    before the outer norm; `ProjectionLogit` scores h. The cross-attention block of Seaweed-APT
    (Lin et al. 2025, `arXiv:2501.08316 <https://arxiv.org/abs/2501.08316>`__). It knows no order of
    positions but what features tell. Arguments as `SpatialHead`; ``num_heads``: of the
    attention, a divisor of ``channels``; ``per_frame``: one logit per frame by itself, in place of
    one per clip.

    Example:
        >>> AttentionHead(16, per_frame=True)(torch.zeros(2, 16, 3, 4, 6)).shape
        torch.Size([2, 3])
    """

    min_frames = 1

    def __init__(
        self,
        in_channels: int,
        channels: int = 64,
        *,
        num_heads: int = 4,
        condition_channels: int | None = None,
        per_frame: bool = False,
    ) -> None:
        super().__init__()
        check_counts("AttentionHead", in_channels, channels, condition_channels)
        self.in_channels, self.condition_channels = in_channels, condition_channels
        self.per_frame = per_frame
        self.score = ProjectionLogit(channels, condition_channels)
        if num_heads < 1 or channels % num_heads:
            raise ValueError(
                f"AttentionHead: num_heads must divide channels = {channels}, got {num_heads}"
            )
        self.num_heads = num_heads
        self.norm_in, self.norm_out = nn.LayerNorm(in_channels), nn.LayerNorm(channels)
        self.query = nn.Parameter(torch.randn(channels) * 0.02)
        self.keys_values = nn.Linear(in_channels, 2 * channels)

    def forward(self, clips: Tensor, condition: Tensor | None = None) -> Tensor:
        """Score features (B, in_channels, T, H, W): one logit per clip, (B,), or frame, (B, T)."""
        check_clips("AttentionHead", self, clips)
        vectors = _pool(self._pooled, clips, per_frame=self.per_frame)
        logits: Tensor = self.score(vectors, condition)
        return logits

    def _pooled(self, clips: Tensor) -> Tensor:
        tokens = self.norm_in(clips.flatten(2).transpose(1, 2))  # (B, N, C)
        pairs = "B N (two heads d) -> two B heads N d"
        keys, values = rearrange(self.keys_values(tokens), pairs, two=2, heads=self.num_heads)
        query = self.query.view(1, self.num_heads, 1, -1).expand(len(clips), -1, -1, -1)
        pooled = F.scaled_dot_product_attention(query, keys, values)  # (B, heads, 1, d)
        normalized: Tensor = self.norm_out(pooled.flatten(1))
        return normalized


def _pool(pool: Callable[[Tensor], Tensor], clips: Tensor, *, per_frame: bool) -> Tensor:
    """Compute one vector per clip, (B, d), or per frame as a clip of itself, (B, T, d)."""
    if not per_frame:
        return pool(clips)
    frames = pool(rearrange(clips, "B C T H W -> (B T) C 1 H W"))
    vectors: Tensor = rearrange(frames, "(B T) C -> B T C", T=clips.shape[2])
    return vectors


def _block_means(clips: Tensor, size: int) -> Tensor:
    """Average clips (B, C, T, H, W) over blocks of ``size``; what fills no block is left out."""
    time, height, width = (min(size, length) for length in clips.shape[2:])
    whole = clips[
        :,
        :,
        : clips.shape[2] // time * time,
        : clips.shape[3] // height * height,
        : clips.shape[4] // width * width,
    ]
    # Not by F.avg_pool3d, which has no bfloat16 on CPUs.
    pattern = "B C (T t) (H h) (W w) -> B C T H W"
    means: Tensor = reduce(whole, pattern, "mean", t=time, h=height, w=width)
    return means
