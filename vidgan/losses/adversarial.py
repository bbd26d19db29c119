"""The adversarial loss over the scales of a discriminator."""

from __future__ import annotations

from torch import Tensor, nn

from vidgan._checks import check_choice, check_same_length
from vidgan._scales import Scales, list_logits
from vidgan.functional import (
    ADVERSARIAL_MODES,
    AdversarialMode,
    discriminator_loss,
    fake_loss,
    generator_loss,
    real_loss,
)


class AdversarialLoss(nn.Module):
    r"""Adversarial loss over the scales of a discriminator.

    .. math:: \mathcal L_G = \mathrm{weight} \sum_k \mathcal L_G(\mathrm{logits}_k), \qquad
        \mathcal L_D = \sum_k \mathcal L_D(\mathrm{logits}_k)

    where the loss of scale k averages over its patches and the batch:
    `vidgan.functional.generator_loss` and `vidgan.functional.discriminator_loss` with the same
    ``mode`` (Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 5 to
    7). `forward` computes the generator's loss, the other methods compute the discriminator's. The
    weight applies to the generator's loss alone: a discriminator has nothing else to balance it
    against, but for its own penalties.

    Each argument called ``real`` or ``fake`` is the output of a discriminator: one `PatchOutput`
    or logits tensor per scale, or a single one.

    Args:
        mode: ``"lsgan"``, ``"hinge"``, ``"non_saturating"``, ``"wasserstein"`` or
            ``"relativistic"``.
        weight: factor of the generator's loss.

    Raises:
        ValueError: if ``mode`` is unknown.

    Example:
        >>> import torch
        >>> loss = AdversarialLoss("lsgan")
        >>> scales = [torch.zeros(2, 1, 4, 6), torch.zeros(2, 1, 2, 3)]
        >>> loss(scales), loss.discriminator(real=scales, fake=scales)
        (tensor(2.), tensor(1.))
    """

    def __init__(self, mode: AdversarialMode = "lsgan", *, weight: float = 1.0) -> None:
        super().__init__()
        check_choice(mode, ADVERSARIAL_MODES, "AdversarialLoss", "mode")
        self.mode: AdversarialMode = mode
        self.weight = weight

    def forward(self, fake: Scales, real: Scales | None = None) -> Tensor:
        """Compute the generator's loss.

        Args:
            fake: the discriminator's outputs for generated samples.
            real: its outputs for real samples, required in mode ``"relativistic"`` only.

        Returns:
            The loss, a scalar.

        Raises:
            TypeError: if logits are not floating-point.
            ValueError: if there are no scales or their numbers differ, or if ``real`` is missing
                or has other shapes in mode ``"relativistic"``.
        """
        fakes = _logits(fake, "fake")
        if real is None:
            losses = [generator_loss(logits, mode=self.mode) for logits in fakes]
        else:
            losses = [
                generator_loss(fake_logits, mode=self.mode, real_logits=real_logits)
                for real_logits, fake_logits in _pairs(_logits(real, "real"), fakes)
            ]
        return self.weight * _total(losses)

    def discriminator(self, real: Scales, fake: Scales) -> Tensor:
        """Compute the discriminator's loss.

        Args:
            real: the discriminator's outputs for real samples.
            fake: its outputs for generated samples.

        Returns:
            The loss, a scalar.

        Raises:
            TypeError: if logits are not floating-point.
            ValueError: if there are no scales or their numbers differ, or if their shapes differ
                in mode ``"relativistic"``.
        """
        pairs = _pairs(_logits(real, "real"), _logits(fake, "fake"))
        return _total(
            [
                discriminator_loss(real_logits, fake_logits, mode=self.mode)
                for real_logits, fake_logits in pairs
            ]
        )

    def real(self, real: Scales) -> Tensor:
        """Compute the discriminator's loss on real samples alone.

        In mode ``"lsgan"``, `discriminator` is half the sum of `real` and `fake`; in all other
        modes it is their sum, except in mode ``"relativistic"``, which does not split in two.

        Args:
            real: the discriminator's outputs for real samples.

        Returns:
            The loss, a scalar.

        Raises:
            TypeError: if logits are not floating-point.
            ValueError: if there are no scales, or in mode ``"relativistic"``.
        """
        return _total([real_loss(logits, mode=self.mode) for logits in _logits(real, "real")])

    def fake(self, fake: Scales) -> Tensor:
        """Compute the discriminator's loss on generated samples alone; see `real`.

        Args:
            fake: the discriminator's outputs for generated samples.

        Returns:
            The loss, a scalar.

        Raises:
            TypeError: if logits are not floating-point.
            ValueError: if there are no scales, or in mode ``"relativistic"``.
        """
        return _total([fake_loss(logits, mode=self.mode) for logits in _logits(fake, "fake")])

    def extra_repr(self) -> str:
        """Return the options for the module's repr."""
        return f"mode={self.mode!r}, weight={self.weight}"


def _total(losses: list[Tensor]) -> Tensor:
    total = losses[0]
    for loss in losses[1:]:
        total = total + loss
    return total


def _logits(scales: Scales, argument: str) -> list[Tensor]:
    return list_logits(scales, "AdversarialLoss", argument)


def _pairs(real: list[Tensor], fake: list[Tensor]) -> list[tuple[Tensor, Tensor]]:
    check_same_length("AdversarialLoss", "scale", real=real, fake=fake)
    return list(zip(real, fake, strict=True))
