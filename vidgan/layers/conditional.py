"""Norms that take a condition, and how blocks pass it to them."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class ConditionalNorm(nn.Module):
    """Base class of norms that take a condition beside the features, such as `SPADE`.

    `ConvBlock`, `UpBlock`, `ResidualBlock`, `Encoder` and `Decoder` pass their ``condition`` to
    norms of this class; other norms get the features alone. A subclass defines
    ``forward(x, condition)``. It is given to a block as a callable, see `make_norm`.

    Example:
        >>> import torch
        >>> from vidgan.layers import ResidualBlock
        >>> class Scaled(ConditionalNorm):
        ...     def forward(self, x, condition):
        ...         return condition * x
        >>> block, x = ResidualBlock(2, norm=lambda width: Scaled()), torch.rand(1, 2, 4, 6)
        >>> torch.equal(block(x, torch.zeros(1, 1, 1, 1)), x)
        True
    """


class ConditionalSequential(nn.Sequential):
    """Blocks one after the other, each of which gets the same condition, if there is one.

    Example:
        >>> import torch
        >>> from vidgan.layers import SPADE, ResidualBlock
        >>> blocks = (ResidualBlock(4, norm=lambda width: SPADE(width, 2)) for _ in range(2))
        >>> chain = ConditionalSequential(*blocks)
        >>> chain(torch.rand(1, 4, 6, 10), torch.rand(1, 2, 24, 40)).shape
        torch.Size([1, 4, 6, 10])
    """

    def forward(self, x: Tensor, condition: Any = None) -> Tensor:
        """Return what the last block makes of x (B, C, H, W)."""
        for block in self:
            x = block(x) if condition is None else block(x, condition)
        return x


def apply_norm(norm: nn.Module, x: Tensor, condition: Any) -> Tensor:
    """Normalize x, with the condition if the norm takes one.

    Raises:
        ValueError: the norm takes a condition, and there is none.
    """
    if not isinstance(norm, ConditionalNorm):
        out: Tensor = norm(x)
        return out
    if condition is None:
        name = type(norm).__name__
        raise ValueError(f"{name}: condition must be given to a block with this norm, got None")
    out = norm(x, condition)
    return out
