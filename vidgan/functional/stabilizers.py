"""Terms that keep the logits of a discriminator in bounds."""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vidgan._checks import check_not_empty, check_shapes
from vidgan.functional._precision import at_least_float32


def lecam(real_logits: Tensor, fake_logits: Tensor, real_mean: Tensor, fake_mean: Tensor) -> Tensor:
    r"""Compute the LeCam regularization of a discriminator.

    .. math:: E\left[\max(0, r - \alpha_F)^2\right] + E\left[\max(0, \alpha_R - f)^2\right]

    with r the logits of real samples, f those of generated ones, and running means of both,
    :math:`\alpha_R` and :math:`\alpha_F`; E averages over all elements (Tseng et al. 2021,
    `arXiv:2104.03310 <https://arxiv.org/abs/2104.03310>`__; only logits on the far side of
    the other mean are penalized, as in the published training). `vidgan.losses.LeCamLoss` has the
    running means.

    Args:
        real_logits: r, any shape.
        fake_logits: f, any shape.
        real_mean: :math:`\alpha_R`, a scalar.
        fake_mean: :math:`\alpha_F`, a scalar.

    Returns:
        The loss, a scalar.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if a mean is not a scalar.

    Example:
        >>> import torch
        >>> means = torch.tensor(1.0), torch.tensor(-1.0)
        >>> lecam(torch.tensor([1.0, -2.0]), torch.tensor([0.0]), *means)  # (4 + 0) / 2 + 1
        tensor(3.)
    """
    check_shapes("lecam", real_mean=(real_mean, ""), fake_mean=(fake_mean, ""))
    check_shapes("lecam", real_logits=(real_logits, "..."))
    check_shapes("lecam", fake_logits=(fake_logits, "..."))
    check_not_empty("lecam", real_logits=real_logits, fake_logits=fake_logits)
    real = F.relu(at_least_float32(real_logits) - fake_mean).square().mean()
    return real + F.relu(real_mean - at_least_float32(fake_logits)).square().mean()


def logit_centering(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    r"""Compute a penalty that centers the logits of a relativistic discriminator at 0.

    .. math:: E\left[(r + f)^2\right]

    with r the logits of real samples and f those of generated ones. A relativistic loss compares
    them and leaves their common offset free to drift (Lin et al. 2025, `arXiv:2511.22475
    <https://arxiv.org/abs/2511.22475>`__, with a weight of 0.01).

    Args:
        real_logits: r, any shape.
        fake_logits: f, in the shape of ``real_logits``.

    Returns:
        The loss, a scalar.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes differ.

    Example:
        >>> import torch
        >>> logit_centering(torch.tensor([3.0, 1.0]), torch.tensor([-1.0, -1.0]))
        tensor(2.)
    """
    check_shapes(
        "logit_centering", real_logits=(real_logits, "..."), fake_logits=(fake_logits, "...")
    )
    check_not_empty("logit_centering", real_logits=real_logits)
    return (at_least_float32(real_logits) + at_least_float32(fake_logits)).square().mean()
