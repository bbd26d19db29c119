"""Balancing losses by their gradients."""

from __future__ import annotations

import torch
from torch import Tensor

from vidgan._checks import check_at_least, check_shapes
from vidgan.functional._precision import at_least_float32


def adaptive_weight(
    reconstruction: Tensor,
    adversarial: Tensor,
    last_layer: Tensor,
    *,
    delta: float = 1e-6,
    maximum: float = 1e4,
) -> Tensor:
    r"""Compute the weight that balances an adversarial loss against a reconstruction loss.

    .. math:: \lambda = \min\left(\frac{\|\nabla_\theta \mathcal L_\mathrm{rec}\|}
        {\|\nabla_\theta \mathcal L_\mathrm{GAN}\| + \delta},\; \lambda_{\max}\right)

    the ratio of their gradient norms at the weight :math:`\theta` of the generator's last layer
    (Esser et al. 2021, VQGAN, `arXiv:2012.09841 <https://arxiv.org/abs/2012.09841>`__, Eq. 7,
    with the upper bound of the released training). The generator then minimizes
    :math:`\mathcal L_\mathrm{rec} + \lambda \mathcal L_\mathrm{GAN}`. The graphs of both losses
    are retained for that backward pass.

    Args:
        reconstruction: :math:`\mathcal L_\mathrm{rec}`, a scalar, such as the sum of an L1 and a
            perceptual loss.
        adversarial: :math:`\mathcal L_\mathrm{GAN}`, the generator's adversarial loss, a scalar.
        last_layer: :math:`\theta`, any shape, a leaf that both losses depend on.
        delta: :math:`\delta`, at least 0.
        maximum: :math:`\lambda_{\max}`, at least 0.

    Returns:
        The weight, a scalar without gradient.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if a loss is not a scalar or does not depend on ``last_layer``, or if ``delta``
            or ``maximum`` is negative.

    Example:
        >>> import torch
        >>> last_layer = torch.ones(2, 2, requires_grad=True)
        >>> reconstruction, adversarial = 3 * last_layer.sum(), 0.5 * last_layer.sum()
        >>> adaptive_weight(reconstruction, adversarial, last_layer)
        tensor(6.0000)
    """
    name = "adaptive_weight"
    losses = {"reconstruction": reconstruction, "adversarial": adversarial}
    check_shapes(name, last_layer=(last_layer, "..."))
    check_at_least(name, 0, delta=delta, maximum=maximum)
    norms = []
    for argument, loss in losses.items():
        check_shapes(name, **{argument: (loss, "")})
        gradient = None
        if loss.requires_grad and last_layer.requires_grad:
            # The graph is needed again for the backward pass of the weighted sum.
            (gradient,) = torch.autograd.grad(
                loss, last_layer, retain_graph=True, allow_unused=True
            )
        if gradient is None:
            raise ValueError(f"{name}: {argument} must be computed with last_layer, but is not")
        norms.append(at_least_float32(gradient).norm())
    weight: Tensor = (norms[0] / (norms[1] + delta)).clamp(max=maximum)
    return weight
