"""Normalization layers of the published networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from vidgan._checks import check_choice, check_maps

_NormName = Literal["batch", "group", "instance", "instance_tracked", "none"]

Norm = _NormName | Callable[[int], nn.Module]
"""Name of a normalization layer, or what builds one for a width; see `make_norm`."""


class InstanceNorm(nn.Module):
    r"""Normalize every channel of every sample by its own statistics, in train and eval mode.

    .. math:: y = \frac{x - \operatorname{E}[x]}{\sqrt{\operatorname{Var}[x] + \epsilon}}

    with mean and variance over (H, W), as ``torch.nn.InstanceNorm2d`` without weights computes it
    (Ulyanov et al. 2016, `arXiv:1607.08022 <https://arxiv.org/abs/1607.08022>`__). The
    channels-last memory format is kept: its samples pass through the batch norm kernel one by one.

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
            TypeError: x is not a floating-point tensor.
            ValueError: x has another shape, or a single value per channel.
        """
        check_maps("InstanceNorm", x)
        _check_pixels("InstanceNorm", x)
        if x.shape[0] == 1:
            # The same numbers for one sample, but the instance norm kernel returns a contiguous
            # tensor, which the next convolution would have to convert back.
            return F.batch_norm(x, None, None, training=True, eps=self.eps)
        if _sample_by_sample(x):
            return torch.cat([self(sample) for sample in x.chunk(len(x))])
        return F.instance_norm(x, eps=self.eps)


class TrackedInstanceNorm(nn.InstanceNorm2d):
    r"""Normalize every channel of every sample, in eval mode by the running statistics.

    .. math:: y = \frac{x - \operatorname{E}[x]}{\sqrt{\operatorname{Var}[x] + \epsilon}}

    ``torch.nn.InstanceNorm2d`` with its options, buffers and results (Ulyanov et al. 2016,
    `arXiv:1607.08022 <https://arxiv.org/abs/1607.08022>`__), in the memory format of its input.
    With ``track_running_stats=True`` it is the norm of the released vid2vid networks.

    Example:
        >>> norm = TrackedInstanceNorm(1, track_running_stats=True)
        >>> norm.eval()(torch.tensor([[[[1.0, 3.0]]]])).flatten()
        tensor([1.0000, 3.0000])
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return x (B, C, H, W) normalized over (H, W)."""
        check_maps("TrackedInstanceNorm", x, self.num_features)
        mean, var = self.running_mean, self.running_var
        if not self.training and self.track_running_stats:
            return F.batch_norm(x, mean, var, self.weight, self.bias, False, 0.0, self.eps)
        if not _sample_by_sample(x) or mean is None or var is None:
            return super().forward(x)
        # every sample updates a copy of the statistics, which become the mean of the copies
        copies = [(mean.clone(), var.clone()) for _ in x]
        out = [
            F.batch_norm(
                sample, *copy, self.weight, self.bias, True, self.momentum or 0.0, self.eps
            )
            for sample, copy in zip(x.chunk(len(x)), copies, strict=True)
        ]
        mean.copy_(torch.stack([copy[0] for copy in copies]).mean(0))
        var.copy_(torch.stack([copy[1] for copy in copies]).mean(0))
        return torch.cat(out)


def _check_pixels(function: str, x: Tensor) -> None:
    height, width = x.shape[2:]
    if height == 1 and width == 1:
        rule = "must have more than 1 pixel to be normalized"
        raise ValueError(f"{function}: x {rule}, got shape {tuple(x.shape)}")


def _sample_by_sample(x: Tensor) -> bool:
    """Return whether x is in the channels-last format, which the instance norm kernel loses."""
    # a compiler fuses the copies, and a split would fix the batch size
    if torch.compiler.is_compiling() or x.is_contiguous():
        return False
    return x.is_contiguous(memory_format=torch.channels_last)


def make_norm(norm: Norm, num_channels: int) -> nn.Module:
    """Return the normalization layer that ``norm`` names or builds, for maps of ``num_channels``.

    ``"instance_tracked"`` is the layer of the released vid2vid networks: it normalizes by the
    statistics of each sample in train mode, but by their running mean in eval mode.
    ``"instance"`` normalizes by the statistics of each sample in both modes, so that a network
    generates the same frame in both.

    Args:
        norm: ``"batch"`` (affine), ``"group"`` (affine; as many groups as divide the channels, at
            most 32), ``"instance"``, ``"instance_tracked"`` (both without affine weights) or
            ``"none"``; or a callable that takes ``num_channels`` and returns a module, such as
            ``nn.BatchNorm3d``.
        num_channels: channels C of the maps (B, C, H, W).

    Returns:
        A module from (B, C, H, W) to (B, C, H, W).

    Raises:
        TypeError: if a callable returns anything but a module.
        ValueError: if ``norm`` is unknown.

    Example:
        >>> make_norm(lambda width: nn.GroupNorm(2, width), 8).num_groups
        2
        >>> norm = make_norm("instance_tracked", 8)
        >>> norm.affine, norm.track_running_stats
        (False, True)
    """
    if callable(norm):
        layer: object = norm(num_channels)
        if not isinstance(layer, nn.Module):
            got = type(layer).__name__
            raise TypeError(f"make_norm: norm must return a torch.nn.Module, got {got}")
        return layer
    check_choice(norm, get_args(_NormName), "make_norm", "norm")
    if norm == "batch":
        return nn.BatchNorm2d(num_channels)
    if norm == "group":
        return nn.GroupNorm(_num_groups(num_channels), num_channels)
    if norm == "none":
        return nn.Identity()
    if norm == "instance":
        return InstanceNorm()
    return TrackedInstanceNorm(num_channels, track_running_stats=True)


def _num_groups(num_channels: int) -> int:
    """Return the largest number of groups up to 32 that divides ``num_channels``."""
    return max(groups for groups in range(1, 33) if num_channels % groups == 0)
