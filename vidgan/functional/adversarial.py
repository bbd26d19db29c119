"""Adversarial losses of one scale, for the discriminator and for the generator."""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vidgan._checks import check_choice, check_not_empty, check_shapes
from vidgan.functional._precision import at_least_float32

AdversarialMode = Literal[
    "lsgan",
    "hinge",
    "half_hinge",
    "non_saturating",
    "logistic_linear",
    "wasserstein",
    "relativistic",
]
"""Name of an adversarial loss; `discriminator_loss` lists their formulas and sources."""

ADVERSARIAL_MODES: tuple[AdversarialMode, ...] = (
    "lsgan",
    "hinge",
    "half_hinge",
    "non_saturating",
    "logistic_linear",
    "wasserstein",
    "relativistic",
)
"""All values of `AdversarialMode`.

>>> [mode for mode in ADVERSARIAL_MODES if mode != "relativistic"]  # the unpaired losses
['lsgan', 'hinge', 'half_hinge', 'non_saturating', 'logistic_linear', 'wasserstein']
"""


def real_loss(real_logits: Tensor, *, mode: AdversarialMode) -> Tensor:
    r"""Compute the discriminator's loss on real samples.

    With r the logits, averaged over all elements: :math:`(r - 1)^2` for lsgan,
    :math:`\max(0, 1 - r)` for hinge and half_hinge, :math:`\operatorname{softplus}(-r)` for
    non_saturating and logistic_linear, and :math:`-r` for wasserstein. See `discriminator_loss` for
    the sources.

    Args:
        real_logits: unbounded scores of real samples, any shape.
        mode: any mode except ``"relativistic"``, which compares pairs: use `discriminator_loss`.

    Returns:
        The loss, a scalar.

    Raises:
        TypeError: if ``real_logits`` is not a floating-point tensor.
        ValueError: if ``mode`` is unknown or ``"relativistic"``.

    Example:
        >>> import torch
        >>> real_loss(torch.tensor([0.0, 3.0]), mode="lsgan")
        tensor(2.5000)
    """
    return _half_loss(real_logits, True, mode, "real_loss", "real_logits")


def fake_loss(fake_logits: Tensor, *, mode: AdversarialMode) -> Tensor:
    r"""Compute the discriminator's loss on generated samples.

    With f the logits, averaged over all elements: :math:`f^2` for lsgan,
    :math:`\max(0, 1 + f)` for hinge and half_hinge, :math:`\operatorname{softplus}(f)` for
    non_saturating and logistic_linear, and :math:`f` for wasserstein. See `discriminator_loss` for
    the sources.

    Args:
        fake_logits: unbounded scores of generated samples, any shape.
        mode: any mode except ``"relativistic"``, which compares pairs: use `discriminator_loss`.

    Returns:
        The loss, a scalar.

    Raises:
        TypeError: if ``fake_logits`` is not a floating-point tensor.
        ValueError: if ``mode`` is unknown or ``"relativistic"``.

    Example:
        >>> import torch
        >>> fake_loss(torch.tensor([0.0, 3.0]), mode="hinge")
        tensor(2.5000)
    """
    return _half_loss(fake_logits, False, mode, "fake_loss", "fake_logits")


def discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor, *, mode: AdversarialMode
) -> Tensor:
    r"""Compute the discriminator's adversarial loss.

    With r the logits of real samples, f those of generated samples, and E the average over all
    elements:

    - lsgan: :math:`\frac12 \left(E[(r - 1)^2] + E[f^2]\right)` (Mao et al. 2017, `arXiv:1611.04076
      <https://arxiv.org/abs/1611.04076>`__, Eq. 9)
    - hinge: :math:`E[\max(0, 1 - r)] + E[\max(0, 1 + f)]` (Lim and Ye 2017, `arXiv:1705.02894
      <https://arxiv.org/abs/1705.02894>`__)
    - half_hinge: half of hinge, as the training of VQGAN and most video autoencoders since has it
      (Esser et al. 2021, `arXiv:2012.09841 <https://arxiv.org/abs/2012.09841>`__)
    - non_saturating: :math:`E[\operatorname{softplus}(-r)] + E[\operatorname{softplus}(f)]`
      (Goodfellow et al. 2014, `arXiv:1406.2661 <https://arxiv.org/abs/1406.2661>`__)
    - logistic_linear: as non_saturating, with the linear loss of hinge for the generator, which
      is then the gradient of distribution matching where D is optimal
    - wasserstein: :math:`E[f] - E[r]` (Arjovsky et al. 2017, `arXiv:1701.07875
      <https://arxiv.org/abs/1701.07875>`__)
    - relativistic: :math:`E[\operatorname{softplus}(f - r)]` over pairs, known as RpGAN
      (Jolicoeur-Martineau 2018, `arXiv:1807.00734 <https://arxiv.org/abs/1807.00734>`__; Huang et
      al. 2024, `arXiv:2501.05441 <https://arxiv.org/abs/2501.05441>`__, Eq. 2)

    Args:
        real_logits: unbounded scores of real samples, any shape.
        fake_logits: unbounded scores of generated samples. Mode ``"relativistic"`` pairs them
            with ``real_logits`` element by element, so both must have the same shape.
        mode: name of the loss.

    Returns:
        The loss, a scalar.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if ``mode`` is unknown, or if it is ``"relativistic"`` and the shapes differ.

    Example:
        >>> import torch
        >>> discriminator_loss(torch.tensor([0.0]), torch.tensor([2.0]), mode="lsgan")
        tensor(2.5000)
    """
    if mode == "relativistic":
        return _paired_loss(real_logits, fake_logits, "discriminator_loss")
    total = _half_loss(real_logits, True, mode, "discriminator_loss", "real_logits") + _half_loss(
        fake_logits, False, mode, "discriminator_loss", "fake_logits"
    )
    return total / 2 if mode in ("lsgan", "half_hinge") else total


def generator_loss(
    fake_logits: Tensor, *, mode: AdversarialMode, real_logits: Tensor | None = None
) -> Tensor:
    r"""Compute the generator's adversarial loss.

    With r the logits of real samples, f those of generated samples, and E the average over all
    elements: :math:`E[(f - 1)^2]` for lsgan, :math:`-E[f]` for hinge, half_hinge, logistic_linear
    and wasserstein, :math:`E[\operatorname{softplus}(-f)]` for non_saturating and
    :math:`E[\operatorname{softplus}(r - f)]` for relativistic. See `discriminator_loss` for the
    sources.

    Args:
        fake_logits: unbounded scores of generated samples, any shape.
        mode: name of the loss.
        real_logits: scores of real samples, in the shape of ``fake_logits``. Required in mode
            ``"relativistic"``, ignored in all others.

    Returns:
        The loss, a scalar.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if ``mode`` is unknown, or if it is ``"relativistic"`` and ``real_logits`` are
            missing or of another shape.

    Example:
        >>> import torch
        >>> generator_loss(torch.tensor([0.0, 3.0]), mode="hinge")
        tensor(-1.5000)
    """
    function = "generator_loss"
    if mode == "relativistic":
        if real_logits is None:
            raise ValueError(f"{function}: real_logits must be given in mode {mode!r}, got None")
        return _paired_loss(fake_logits, real_logits, function)
    if mode in ("hinge", "half_hinge", "logistic_linear"):
        mode = "wasserstein"  # the generator's loss is linear
    return _half_loss(fake_logits, True, mode, function, "fake_logits")


def _half_loss(
    logits: Tensor, is_real: bool, mode: AdversarialMode, function: str, argument: str
) -> Tensor:
    check_choice(mode, ADVERSARIAL_MODES, function, "mode")
    check_shapes(function, **{argument: (logits, "...")})
    check_not_empty(function, **{argument: logits})
    scores = at_least_float32(logits)
    if mode == "lsgan":
        return (scores - 1 if is_real else scores).square().mean()
    signed = -scores if is_real else scores
    if mode in ("hinge", "half_hinge"):
        return F.relu(1 + signed).mean()
    if mode in ("non_saturating", "logistic_linear"):
        return F.softplus(signed).mean()
    if mode == "wasserstein":
        return signed.mean()
    raise ValueError(
        f"{function}: mode 'relativistic' compares real with fake logits and has no halves; "
        "use discriminator_loss"
    )


def _paired_loss(winner: Tensor, loser: Tensor, function: str) -> Tensor:
    """Compute E[softplus(loser - winner)], the loss of the side that wants ``winner`` ahead."""
    names = ("real_logits", "fake_logits")
    first, second = names if function == "discriminator_loss" else names[::-1]
    note = f"as {first} in mode 'relativistic'"
    check_shapes(function, **{first: (winner, "..."), second: (loser, "...", note)})
    check_not_empty(function, **{first: winner})
    return F.softplus(at_least_float32(loser) - at_least_float32(winner)).mean()
