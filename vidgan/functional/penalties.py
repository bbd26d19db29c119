"""Gradient penalties of discriminators."""

from __future__ import annotations

import torch
from torch import Tensor

from vidgan._checks import check_choice, check_not_empty, check_shapes
from vidgan._scales import Scales, list_logits
from vidgan.functional._precision import at_least_float32
from vidgan.functional.scores import PatchReduction, sample_scores


def gradient_penalty_r1(
    images: Tensor, logits: Scales, *, reduction: PatchReduction = "sum"
) -> Tensor:
    r"""Compute the zero-centered gradient penalty of a discriminator at its input.

    .. math:: E\left[\, |\nabla_x D(x)|^2 \,\right]

    with the mean over the batch and D(x) the score of a sample, `sample_scores` (Mescheder et al.
    2018, `arXiv:1801.04406 <https://arxiv.org/abs/1801.04406>`__, Eq. 9, without its factor
    :math:`\gamma / 2`). On real images it is R1, on generated images R2. With ``reduction="sum"``
    it grows with the number of patches, with ``"mean"`` one weight suits all sizes. It is
    differentiated twice, which `torch.compile` does not support: run the discriminator eagerly in
    steps with a penalty, or use `finite_difference_penalty`. Call it outside autocast.

    Args:
        images: the discriminator's input, (B, ...), with ``requires_grad`` set before the forward
            pass.
        logits: the discriminator's output for ``images``: one or several scales, logits of any
            shape with ``"sum"``, of shape (B, ...) with ``"mean"``.
        reduction: how the logits of a sample's patches become one score, ``"sum"`` or ``"mean"``.

    Returns:
        The penalty, a differentiable scalar.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if ``images`` does not require gradients, if ``logits`` was not computed from
            it, or if ``reduction`` is unknown.

    Example:
        >>> import torch
        >>> images = torch.ones(2, 3, 1, 2, requires_grad=True)
        >>> gradient_penalty_r1(images, 2 * images).item()  # 6 gradients of 2 each
        24.0
    """
    check_shapes("gradient_penalty_r1", images=(images, "..."))
    check_not_empty("gradient_penalty_r1", images=images)
    check_choice(reduction, ("sum", "mean"), "gradient_penalty_r1", "reduction")
    total = torch.zeros((), device=images.device)
    for scale in list_logits(logits, "gradient_penalty_r1", "logits"):
        check_shapes("gradient_penalty_r1", logits=(scale, "..."))
        patches = scale.numel() // len(images) if reduction == "mean" else 1
        total = total + scale.sum() / patches
    if not images.requires_grad:
        raise ValueError(
            "gradient_penalty_r1: images must require gradients; "
            "call images.requires_grad_() before the discriminator sees them"
        )
    gradient = None
    if total.requires_grad:
        # Samples do not share logits (unless a batch norm mixes them), so that the gradient of
        # the sum contains the gradient of each sample.
        (gradient,) = torch.autograd.grad(total, images, create_graph=True, allow_unused=True)
    if gradient is None:
        raise ValueError("gradient_penalty_r1: logits must be computed from images, but are not")
    return at_least_float32(gradient).flatten(1).square().sum(dim=1).mean()


def finite_difference_penalty(
    logits: Scales,
    perturbed_logits: Scales,
    *,
    sigma: float,
    reduction: PatchReduction = "sum",
) -> Tensor:
    r"""Estimate the zero-centered gradient penalty from scores of inputs with added noise.

    .. math:: E\left[\left(\frac{D(x + \sigma \epsilon) - D(x)}{\sigma}\right)^2\right]
        \to E\left[\, |\nabla_x D(x)|^2 \,\right] \quad (\sigma \to 0)

    with :math:`\epsilon \sim \mathcal N(0, I)`, the mean over the batch and D(x) the score of a
    sample, `sample_scores`: approximate R1 on real inputs, approximate R2 on generated ones (Lin et
    al. 2025, `arXiv:2501.08316 <https://arxiv.org/abs/2501.08316>`__, there without the
    division by :math:`\sigma`). It needs no second derivative, so it works with `torch.compile`,
    activation checkpointing and sharded weights. In bfloat16, values near 1 are 0.008 apart: use a
    :math:`\sigma` of at least 0.1 there.

    A published weight :math:`\lambda` of the form without the division corresponds to
    :math:`\gamma / 2 = \lambda \sigma^2`, with :math:`\gamma / 2` the factor of this penalty and of
    `gradient_penalty_r1`.

    Args:
        logits: the discriminator's output for inputs x, logits of shape (B, ...) per scale.
        perturbed_logits: its output for :math:`x + \sigma \epsilon`, in the same shapes.
        sigma: :math:`\sigma`, above 0, in the units of the inputs.
        reduction: how the logits of a sample's patches become one score, ``"sum"`` or ``"mean"``.

    Returns:
        The penalty, a differentiable scalar.

    Raises:
        TypeError: if logits are not floating-point.
        ValueError: if ``sigma`` is not above 0, the batches differ, or ``reduction`` is unknown.

    Example:
        >>> import torch
        >>> finite_difference_penalty(torch.zeros(2, 1), torch.full((2, 1), 0.5), sigma=0.1)
        tensor(25.)
    """
    if not sigma > 0:
        raise ValueError(f"finite_difference_penalty: sigma must be above 0, got {sigma}")
    scores = {
        "logits": (sample_scores(logits, reduction=reduction), "B"),
        "perturbed_logits": (sample_scores(perturbed_logits, reduction=reduction), "B"),
    }
    check_shapes("finite_difference_penalty", **scores)
    check_not_empty("finite_difference_penalty", logits=scores["logits"][0])
    difference = scores["perturbed_logits"][0] - scores["logits"][0]
    return (difference / sigma).square().mean()
