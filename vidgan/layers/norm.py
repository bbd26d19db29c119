"""Normalization layers of the published networks."""

from __future__ import annotations

from typing import Literal, get_args

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from vidgan._checks import check_choice

Norm = Literal["batch", "instance", "instance_tracked", "none"]
"""Name of a normalization layer, see `make_norm`."""


class InstanceNorm(nn.Module):
    r"""Normalize every channel of every sample by its own statistics, in train and eval mode.

    .. math:: y = \frac{x - \operatorname{E}[x]}{\sqrt{\operatorname{Var}[x] + \epsilon}}

    with mean and variance over (H, W), as ``torch.nn.InstanceNorm2d`` without weights computes it
    (Ulyanov et al. 2016, `arXiv:1607.08022 <https://arxiv.org/abs/1607.08022>`__). A batch of one,
    such as a frame of a rollout, uses the batch norm kernel, which keeps the channels-last memory
    format.

    Args:
        eps: :math:`\epsilon`, added to the variance.

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
            ValueError: if there is a single value per channel.
        """
        if x.shape[0] == 1:
            # The same numbers for one sample, but the instance norm kernel returns a contiguous
            # tensor, which the next convolution would have to convert back.
            return F.batch_norm(x, None, None, training=True, eps=self.eps)
        return F.instance_norm(x, eps=self.eps)


def make_norm(norm: Norm, num_channels: int) -> nn.Module:
    """Return the normalization layer called ``norm`` for maps of ``num_channels`` channels.

    ``"instance_tracked"`` is the layer of the released vid2vid networks: it normalizes by the
    statistics of each sample in train mode, but by their running mean in eval mode.
    ``"instance"`` normalizes by the statistics of each sample in both modes, so that a network
    generates the same frame in both.

    Args:
        norm: ``"batch"`` (affine), ``"instance"``, ``"instance_tracked"`` (both without affine
            weights) or ``"none"``.
        num_channels: channels C of the maps (B, C, H, W).

    Returns:
        A module from (B, C, H, W) to (B, C, H, W).

    Raises:
        ValueError: if ``norm`` is unknown.

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
