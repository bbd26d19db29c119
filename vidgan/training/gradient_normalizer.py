"""Normalizing the gradient that a loss sends into a generator."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class GradientNormalizer(nn.Module):
    r"""Passes samples on unchanged, and scales their gradient to a steady size.

    .. math:: \bar v \leftarrow d \bar v + (1 - d) \, N |g|^2, \qquad
        g \leftarrow \frac{\mathrm{target}}{\sqrt{\bar v / (1 - d^n)} + \epsilon} \, g

    for a gradient g of N elements in backward pass number n with decay d. The adversarial gradient
    of a discriminator then has the same size throughout the training, so that a fixed weight
    balances it against other losses, without the extra backward passes of
    `vidgan.functional.adaptive_weight` (Lin et al. 2025, `arXiv:2511.22475
    <https://arxiv.org/abs/2511.22475>`__). Gradients that are 0 throughout do not count. In
    evaluation mode the running value stays. Under data-parallel training it is averaged over the
    processes.

    Args:
        target: size of the gradient, :math:`\sqrt N |g|`, on average; 1 is that of the mean of the
            samples.
        decay: d, of the running value.
        eps: :math:`\epsilon`.

    Example:
        >>> normalize = GradientNormalizer()
        >>> samples = torch.zeros(4, requires_grad=True)
        >>> (100 * normalize(samples)).sum().backward()
        >>> samples.grad
        tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """

    square: Tensor
    num_updates: Tensor

    def __init__(self, *, target: float = 1.0, decay: float = 0.9, eps: float = 1e-8) -> None:
        super().__init__()
        self.target = target
        self.decay = decay
        self.eps = eps
        self.register_buffer("square", torch.zeros(()))
        self.register_buffer("num_updates", torch.zeros((), dtype=torch.int64))

    def forward(self, samples: Tensor) -> Tensor:
        """Return ``samples``, of any shape, whose gradient will be normalized."""
        normalized: Tensor = _Normalize.apply(samples, self)
        return normalized

    @torch.no_grad()
    def scale(self, gradient: Tensor) -> Tensor:
        """Return the factor of a gradient, a scalar; in training mode, update the running value.

        Args:
            gradient: any shape.
        """
        if self.training:
            now = gradient.float().square().sum() * gradient.numel()
            if torch.distributed.is_available() and torch.distributed.is_initialized():
                torch.distributed.all_reduce(now)
                now = now / torch.distributed.get_world_size()
            counts = now > 0  # a loss of weight 0 says nothing about the size
            self.square.lerp_(torch.where(counts, now, self.square), 1 - self.decay)
            self.num_updates += counts
        mean = self.square / (1 - self.decay**self.num_updates).clamp(min=1e-12)
        return torch.where(self.num_updates > 0, self.target / (mean.sqrt() + self.eps), 1.0)

    def extra_repr(self) -> str:
        """Return the options for the module's repr."""
        return f"target={self.target}, decay={self.decay}, eps={self.eps}"


class _Normalize(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, samples: Tensor, normalizer: GradientNormalizer) -> Tensor:
        ctx.normalizer = normalizer
        return samples.view_as(samples)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient * ctx.normalizer.scale(gradient).to(gradient.dtype), None
