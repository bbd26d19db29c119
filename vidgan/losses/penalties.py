"""Gradient penalties with their options stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from vidgan._scales import Scales
from vidgan.functional import (
    PatchReduction,
    finite_difference_penalty,
    gradient_penalty_r1,
)


class GradientPenalty(nn.Module):
    r"""Zero-centered gradient penalty: R1 at real samples, R2 at generated ones.

    .. math:: \frac\gamma2 E\left[\, |\nabla_x D(x)|^2 \,\right]

    by `vidgan.functional.gradient_penalty_r1` (Mescheder et al. 2018, `arXiv:1801.04406
    <https://arxiv.org/abs/1801.04406>`__, Eq. 9).

    Args:
        gamma: :math:`\gamma`; with ``reduction="sum"`` it depends on the number of patches.
        reduction: how the logits of a sample's patches become its score D(x), ``"sum"`` or
            ``"mean"``.

    Example:
        >>> images = torch.ones(2, 3, 1, 2, requires_grad=True)
        >>> GradientPenalty(gamma=0.5, reduction="sum")(images, 2 * images).item()  # 0.25 * 24
        6.0
    """

    def __init__(self, *, gamma: float = 1.0, reduction: PatchReduction = "mean") -> None:
        super().__init__()
        self.gamma = gamma
        self.reduction: PatchReduction = reduction

    def forward(self, images: Tensor, logits: Scales) -> Tensor:
        """Compute the penalty.

        Args:
            images: input of the discriminator, (B, ...), which required gradients before it.
            logits: the discriminator's output for ``images``.

        Returns:
            The penalty, a scalar that can be differentiated.

        Raises:
            TypeError: if an argument is not floating-point.
            ValueError: if ``images`` does not require gradients, or ``logits`` was not computed
                from it.
        """
        return self.gamma / 2 * gradient_penalty_r1(images, logits, reduction=self.reduction)

    def extra_repr(self) -> str:
        """Return the options for the module's repr."""
        return f"gamma={self.gamma}, reduction={self.reduction!r}"


class FiniteDifferencePenalty(nn.Module):
    r"""Approximate R1 at real samples, approximate R2 at generated ones, by added noise.

    .. math:: \frac\gamma2 E\left[\left(\frac{D(x + \sigma \epsilon) -
        D(x)}{\sigma}\right)^2\right], \quad \epsilon \sim \mathcal N(0, I)

    by `vidgan.functional.finite_difference_penalty` (Lin et al. 2025, `arXiv:2501.08316
    <https://arxiv.org/abs/2501.08316>`__), in the units of exact R1.

    Args:
        gamma: :math:`\gamma`, the factor of exact R1. Published weights :math:`\lambda` of the form
            that is not divided by :math:`\sigma` are :math:`\gamma = 2 \lambda \sigma^2`.
        sigma: :math:`\sigma`, above 0; at least 0.1 in bfloat16.
        reduction: how the logits of a sample's patches become its score D(x), ``"sum"`` or
            ``"mean"``.

    Raises:
        ValueError: if ``sigma`` is not above 0.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> penalty = FiniteDifferencePenalty(gamma=2.0, sigma=0.1)
        >>> 1.5 < penalty(lambda images: 3 * images, torch.zeros(1000, 1)) / 6 < 1.6  # E = 9
        tensor(True)
    """

    def __init__(
        self, *, gamma: float = 1.0, sigma: float = 0.1, reduction: PatchReduction = "mean"
    ) -> None:
        super().__init__()
        if not sigma > 0:
            raise ValueError(f"FiniteDifferencePenalty: sigma must be above 0, got {sigma}")
        self.gamma = gamma
        self.sigma = sigma
        self.reduction: PatchReduction = reduction

    def forward(
        self,
        discriminator: Callable[[Tensor], Any],
        images: Tensor,
        logits: Scales | None = None,
        *,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Compute the penalty.

        Args:
            discriminator: called with the noisy images; bind what it takes beside them, such as
                ``lambda frames: d_image(maps, frames)``.
            images: real samples, or generated ones, (B, ...); they are detached.
            logits: the discriminator's output for ``images``, if it was computed already.
            generator: of the noise; None: torch's own.

        Returns:
            The penalty, a scalar that can be differentiated.

        Raises:
            TypeError: if an argument is not floating-point.
            ValueError: if the logits do not fit ``images``, or there are no samples.
        """
        images = images.detach()
        noise = torch.empty_like(images).normal_(generator=generator)
        perturbed = discriminator(images + self.sigma * noise)
        if logits is None:
            logits = discriminator(images)
        penalty = finite_difference_penalty(
            logits, perturbed, sigma=self.sigma, reduction=self.reduction
        )
        return self.gamma / 2 * penalty

    def extra_repr(self) -> str:
        """Return the options for the module's repr."""
        return f"gamma={self.gamma}, sigma={self.sigma}, reduction={self.reduction!r}"
