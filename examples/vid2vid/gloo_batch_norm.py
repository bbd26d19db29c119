"""Batch norm over the joined batch of all processes, also on the CPU."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.modules.batchnorm import _BatchNorm


class GlooBatchNorm(_BatchNorm):
    """`torch.nn.SyncBatchNorm` for the CPU, where PyTorch has none."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - as the base class calls it
        """Normalize by the mean and variance of each channel over all processes."""
        if not self.training:
            statistics = self.running_mean, self.running_var
            return F.batch_norm(input, *statistics, self.weight, self.bias, eps=self.eps)
        x = input.float() if input.dtype in (torch.bfloat16, torch.float16) else input
        dims = [dim for dim in range(x.ndim) if dim != 1]
        shape = [1, -1, *[1] * (x.ndim - 2)]
        count = _Sum.apply(x.new_tensor(x.numel() // x.shape[1]))
        mean = _Sum.apply(x.sum(dims)) / count
        centered = x - mean.view(shape)
        variance = _Sum.apply(centered.square().sum(dims)) / count
        if self.running_mean is not None and self.running_var is not None:
            unbiased = variance * count / (count - 1)
            self.num_batches_tracked.add_(1)  # type: ignore[union-attr]
            self.running_mean.lerp_(mean.detach().to(self.running_mean), self.momentum)
            self.running_var.lerp_(unbiased.detach().to(self.running_var), self.momentum)
        out = centered * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            out = out * self.weight.view(shape) + self.bias.view(shape)
        return out.to(input.dtype)


def synchronize_batch_norms(module: nn.Module) -> nn.Module:
    """Synchronize every batch norm in a module; the names of its state stay the same."""
    if torch.cuda.is_available():
        return nn.SyncBatchNorm.convert_sync_batchnorm(module)
    for part in module.modules():
        if isinstance(part, _BatchNorm):
            part.__class__ = GlooBatchNorm  # it has the same weights, buffers and settings
    return module


def is_synchronized(module: nn.Module) -> bool:
    """Return whether no part of a module is a batch norm of one process alone."""
    kinds = (nn.SyncBatchNorm, GlooBatchNorm)
    norms = (part for part in module.modules() if isinstance(part, _BatchNorm))
    return all(isinstance(norm, kinds) for norm in norms)


class _Sum(torch.autograd.Function):
    """The sum over all processes; so is its gradient."""

    @staticmethod
    def forward(_: Any, value: Tensor) -> Tensor:
        value = value.clone()
        dist.all_reduce(value)
        return value

    @staticmethod
    def backward(_: Any, gradient: Tensor) -> Tensor:
        gradient = gradient.contiguous().clone()
        dist.all_reduce(gradient)
        return gradient
