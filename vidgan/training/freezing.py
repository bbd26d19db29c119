"""Freezing modules for a block of code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def frozen(*modules: nn.Module) -> Iterator[None]:
    """Record no gradient for the weights of ``modules``; their inputs keep theirs.

    In the generator's step of a GAN, the discriminator is frozen while it scores the generated
    frames: the gradient still flows through it to the generator, while its own weights
    gather none, which also saves computing them. Weights that were frozen before stay frozen
    afterwards, so that blocks may be nested.

    Args:
        modules: any number of modules.

    Example:
        >>> import torch
        >>> discriminator, frame = nn.Linear(3, 1), torch.ones(1, 3, requires_grad=True)
        >>> with frozen(discriminator):
        ...     discriminator(frame).sum().backward()
        >>> frame.grad is None, discriminator.weight.grad is None
        (False, True)
        >>> discriminator.weight.requires_grad
        True
    """
    # Which weights are trained is read before any of them changes: modules may share weights.
    trained = [
        weight for module in modules for weight in module.parameters() if weight.requires_grad
    ]
    for weight in trained:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in trained:
            weight.requires_grad_(True)
