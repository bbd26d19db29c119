"""The normalization layers that the published networks use."""

from __future__ import annotations

from typing import Literal, get_args

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from vidgan._checks import check_choice

Norm = Literal["batch", "instance", "instance_tracked", "none"]
"""Which normalization layer `make_norm` makes."""


class InstanceNorm(nn.Module):
    """Normalize every channel of every sample by its own mean and variance, in both modes.

    What ``torch.nn.InstanceNorm2d`` without weights computes (Ulyanov et al. 2016,
    arXiv:1607.08022). A batch of one, such as a rolled-out frame, takes the batch norm kernel,
    which keeps the channels-last layout; the instance norm kernel would undo it at every layer.

    Args:
        eps: added to the variance.

    Example:
        >>> import torch
        >>> InstanceNorm()(torch.tensor([[[[1.0, 3.0]]]])).flatten()
        tensor([-1.0000,  1.0000])
    """

    def __init__(self, *, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Return x (B, C, H, W) normalized over (H, W).

        Raises:
            ValueError: there is a single value per channel.
        """
        if x.shape[0] == 1:
            return F.batch_norm(x, None, None, training=True, eps=self.eps)
        return F.instance_norm(x, eps=self.eps)


def make_norm(norm: Norm, num_channels: int) -> nn.Module:
    """Return the normalization layer called ``norm`` for maps of ``num_channels`` channels.

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
    if norm == "instance":
        return InstanceNorm()
    return nn.InstanceNorm2d(num_channels, track_running_stats=True)
