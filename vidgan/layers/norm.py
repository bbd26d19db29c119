"""The normalisation layers that the published networks use."""

from __future__ import annotations

from typing import Literal, get_args

from torch import nn

from vidgan._checks import check_choice

Norm = Literal["batch", "instance", "instance_tracked", "none"]


def make_norm(norm: Norm, num_channels: int) -> nn.Module:
    """Return the normalisation layer called ``norm`` for maps of ``num_channels`` channels.

    ``"instance_tracked"`` is what the released vid2vid networks use: statistics of each sample
    while training, but their running mean in eval mode. ``"instance"`` uses the statistics of
    each sample in both modes, so that a network draws the same frame in both.

    Args:
        norm: ``"batch"`` (affine), ``"instance"``, ``"instance_tracked"`` (both without affine
            weights) or ``"none"``.
        num_channels: channels C of the maps (B, C, H, W).

    Returns:
        A module from (B, C, H, W) to (B, C, H, W).

    Raises:
        ValueError: ``norm`` is none of these.

    Example:
        >>> norm = make_norm("instance_tracked", 8)
        >>> norm.affine, norm.track_running_stats
        (False, True)
    """
    check_choice(norm, get_args(Norm), "make_norm", "norm")
    if norm == "batch":
        return nn.BatchNorm2d(num_channels)
    if norm == "none":
        return nn.Identity()
    return nn.InstanceNorm2d(num_channels, track_running_stats=norm == "instance_tracked")
