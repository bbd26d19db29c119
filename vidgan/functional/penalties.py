"""Gradient penalties of discriminators."""

from __future__ import annotations

import torch
from torch import Tensor

from vidgan._checks import check_shapes
from vidgan.functional._precision import at_least_float32


def gradient_penalty_r1(images: Tensor, logits: Tensor) -> Tensor:
    r"""Compute the zero-centered gradient penalty of a discriminator at its input.

    .. math:: E\left[\, |\nabla_x D(x)|^2 \,\right]

    with the mean over the batch and D(x) the sum of a sample's logits (Mescheder et al. 2018,
    `arXiv:1801.04406 <https://arxiv.org/abs/1801.04406>`__, Eq. 9, without its factor :math:`\gamma
    / 2`). On real images it is R1, on generated images R2. It is differentiated twice, which
    `torch.compile` does not support: run the discriminator eagerly in steps with a penalty. Call it
    outside autocast.

    Args:
        images: the discriminator's input, (B, ...), with ``requires_grad`` set before the forward
            pass.
        logits: the discriminator's scores of ``images``, any shape.

    Returns:
        The penalty, a differentiable scalar.

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
    check_shapes("gradient_penalty_r1", images=(images, "..."))
    check_shapes("gradient_penalty_r1", logits=(logits, "..."))
    if not images.requires_grad:
        raise ValueError(
            "gradient_penalty_r1: images must require gradients; "
            "call images.requires_grad_() before the discriminator sees them"
        )
    gradient = None
    if logits.requires_grad:
        # Samples do not share logits (unless a batch norm mixes them), so that the gradient of
        # the sum contains the gradient of each sample.
        (gradient,) = torch.autograd.grad(
            logits.sum(), images, create_graph=True, allow_unused=True
        )
    if gradient is None:
        raise ValueError("gradient_penalty_r1: logits must be computed from images, but are not")
    return at_least_float32(gradient).flatten(1).square().sum(dim=1).mean()
