"""Gradient penalties of discriminators."""

from __future__ import annotations

import torch
from torch import Tensor

from vidgan._checks import check_floating
from vidgan.functional._precision import at_least_float32


def gradient_penalty_r1(images: Tensor, logits: Tensor) -> Tensor:
    """Compute the zero-centered gradient penalty of a discriminator at its input.

    ``mean over the batch of |d sum(logits) / d images|^2`` (Mescheder et al. 2018,
    arXiv:1801.04406, Eq. 9, without its factor gamma / 2). On real images it is R1, on generated
    ones R2. It is differentiated twice, which `torch.compile` does not support: run the
    discriminator eagerly in steps with a penalty. Call it outside autocast.

    Args:
        images: what the discriminator saw, (B, ...), with ``requires_grad`` set before its
            forward pass.
        logits: its scores for ``images``, any shape.

    Returns:
        The penalty, a scalar that can be differentiated.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if ``images`` does not require gradients, or if ``logits`` was not computed
            from it.

    Example:
        >>> import torch
        >>> images = torch.ones(2, 3, 1, 2, requires_grad=True)
        >>> gradient_penalty_r1(images, 2 * images).item()  # 6 gradients of 2 each
        24.0
    """
    check_floating(images, "gradient_penalty_r1", "images")
    check_floating(logits, "gradient_penalty_r1", "logits")
    if not images.requires_grad:
        raise ValueError(
            "gradient_penalty_r1: images must require gradients; "
            "call images.requires_grad_() before the discriminator sees them"
        )
    gradient = None
    if logits.requires_grad:
        (gradient,) = torch.autograd.grad(
            logits.sum(), images, create_graph=True, allow_unused=True
        )
    if gradient is None:
        raise ValueError("gradient_penalty_r1: logits must be computed from images, but are not")
    return at_least_float32(gradient).flatten(1).square().sum(dim=1).mean()
