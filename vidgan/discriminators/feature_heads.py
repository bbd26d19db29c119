"""Heads that score the features of a frozen backbone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from einops import rearrange
from torch import Tensor, nn

from vidgan._checks import check_at_least, check_shapes


class ProjectionLogit(nn.Module):
    r"""Scores hidden vectors, with or without a condition: the output of every head.

    .. math:: w^\top h + b + \frac{(W c)^\top h}{\sqrt d}

    for hidden vectors h of d channels. The second term, the projection of Miyato and Koyama 2018,
    `arXiv:1802.05637 <https://arxiv.org/abs/1802.05637>`__, stands with a condition only: a vector
    c for each sample, such as an embedding of a text or of the time of a diffusion (Sauer et al.
    2023, `arXiv:2301.09515 <https://arxiv.org/abs/2301.09515>`__).

    Args:
        channels: d.
        condition_channels: channels of c, or None for no condition.

    Raises:
        ValueError: if a count is below 1.

    Example:
        >>> import torch
        >>> ProjectionLogit(8, 5)(torch.zeros(2, 3, 4, 6, 8), torch.zeros(2, 5)).shape
        torch.Size([2, 3, 4, 6])
    """

    def __init__(self, channels: int, condition_channels: int | None = None) -> None:
        super().__init__()
        check_at_least(
            "ProjectionLogit", 1, channels=channels, condition_channels=condition_channels
        )
        self.to_logit = nn.Linear(channels, 1)
        self.project = nn.Linear(condition_channels, channels) if condition_channels else None

    def forward(self, hidden: Tensor, condition: Tensor | None = None) -> Tensor:
        """Score hidden vectors.

        Args:
            hidden: (B, ..., channels).
            condition: (B, condition_channels), where there is one.

        Returns:
            One logit per vector, (B, ...).
        """
        check_shapes("ProjectionLogit", hidden=(hidden, f"B ... {self.to_logit.in_features}"))
        logits: Tensor = self.to_logit(hidden)[..., 0]
        if self.project is None or condition is None:
            return logits
        shape = f"{len(hidden)} {self.project.in_features}"
        check_shapes("ProjectionLogit", condition=(condition, shape, "to fit hidden"))
        ones = [1] * (hidden.dim() - 2)
        wanted: Tensor = self.project(condition).reshape(len(hidden), *ones, hidden.shape[-1])
        matches: Tensor = (wanted * hidden).sum(-1)
        return logits + matches / math.sqrt(hidden.shape[-1])


class SpatialHead(nn.Module):
    r"""Scores every position of every frame by convolutions over space, frame by frame.

    .. math:: D(x)_{t p} = \operatorname{score}\left(f(x_t)_p\right)

    with two convolutions f of width 3, each followed by a group norm and LeakyReLU 0.2, and a
    `ProjectionLogit`.
    The spatial head of SF-V (Zhang et al. 2024, `arXiv:2406.04324
    <https://arxiv.org/abs/2406.04324>`__).

    Args:
        in_channels: channels of the features.
        channels: channels of the hidden vectors.
        condition_channels: channels of a condition, see `ProjectionLogit`; None: none.

    Raises:
        ValueError: if a count is below 1.

    Example:
        >>> import torch
        >>> SpatialHead(16)(torch.zeros(2, 16, 3, 4, 6)).shape  # (B, T, H, W)
        torch.Size([2, 3, 4, 6])
    """

    min_frames = 1

    def __init__(
        self, in_channels: int, channels: int = 64, *, condition_channels: int | None = None
    ) -> None:
        super().__init__()
        check_counts("SpatialHead", in_channels, channels, condition_channels)
        self.in_channels, self.condition_channels = in_channels, condition_channels
        self.layers = nn.Sequential(*conv_stack(nn.Conv2d, in_channels, channels))
        self.score = ProjectionLogit(channels, condition_channels)

    def forward(self, clips: Tensor, condition: Tensor | None = None) -> Tensor:
        """Score features (B, in_channels, T, H, W): one logit per position, (B, T, H, W)."""
        check_clips("SpatialHead", self, clips)
        frames = self.layers(rearrange(clips, "B C T H W -> (B T) C H W"))
        vectors = rearrange(frames, "(B T) C H W -> B T H W C", T=clips.shape[2])
        logits: Tensor = self.score(vectors, condition)
        return logits


class TemporalHead(nn.Module):
    r"""Scores every position of every frame by convolutions over time, position by position.

    .. math:: D(x)_{t p} = \operatorname{score}\left(f(x_p)_t\right)

    with two convolutions f of width 3, each followed by a group norm and LeakyReLU 0.2, and a
    `ProjectionLogit`.
    The temporal head of SF-V (Zhang et al. 2024, `arXiv:2406.04324
    <https://arxiv.org/abs/2406.04324>`__). It needs two frames at least.

    Args:
        in_channels: channels of the features.
        channels: channels of the hidden vectors.
        condition_channels: channels of a condition, see `ProjectionLogit`; None: none.

    Raises:
        ValueError: if a count is below 1.

    Example:
        >>> import torch
        >>> TemporalHead(16)(torch.zeros(2, 16, 3, 4, 6)).shape  # (B, T, H, W)
        torch.Size([2, 3, 4, 6])
    """

    min_frames = 2

    def __init__(
        self, in_channels: int, channels: int = 64, *, condition_channels: int | None = None
    ) -> None:
        super().__init__()
        check_counts("TemporalHead", in_channels, channels, condition_channels)
        self.in_channels, self.condition_channels = in_channels, condition_channels
        self.layers = nn.Sequential(*conv_stack(nn.Conv1d, in_channels, channels))
        self.score = ProjectionLogit(channels, condition_channels)

    def forward(self, clips: Tensor, condition: Tensor | None = None) -> Tensor:
        """Score features (B, in_channels, T, H, W): one logit per position, (B, T, H, W)."""
        check_clips("TemporalHead", self, clips)
        height, width = clips.shape[3:]
        series = self.layers(rearrange(clips, "B C T H W -> (B H W) C T"))
        vectors = rearrange(series, "(B H W) C T -> B T H W C", H=height, W=width)
        logits: Tensor = self.score(vectors, condition)
        return logits


def check_counts(
    head: str, in_channels: int, channels: int, condition_channels: int | None
) -> None:
    """Raise ValueError unless the counts of a head are at least 1."""
    check_at_least(head, 1, in_channels=in_channels, channels=channels)
    check_at_least(head, 1, condition_channels=condition_channels)


def check_clips(name: str, head: Any, clips: Tensor) -> None:
    """Raise unless clips are (B, C, T, H, W) of the head's channels, with frames enough for it."""
    check_shapes(name, clips=(clips, f"B {head.in_channels} T H W"))
    check_at_least(name, head.min_frames, **{"number of frames": clips.shape[2]})


def conv_stack(
    conv: Callable[..., nn.Module],
    in_channels: int,
    channels: int,
    widths: tuple[int, ...] = (3, 3),
) -> list[nn.Module]:
    """Return convolutions that keep the size, each followed by a group norm and LeakyReLU 0.2."""
    # Groups of eight channels or more: features may have a single position.
    least = min(8, channels)
    groups = max(n for n in range(1, 33) if channels % n == 0 and channels // n >= least)
    layers: list[nn.Module] = []
    for width in widths:
        layers += [conv(in_channels, channels, width, padding=width // 2)]
        layers += [nn.GroupNorm(groups, channels), nn.LeakyReLU(0.2)]
        in_channels = channels
    return layers
