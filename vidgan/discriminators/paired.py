"""A discriminator that sees an original and its reconstruction together."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

from vidgan._checks import check_shapes
from vidgan.outputs import PatchOutput


class PairedDiscriminator(nn.Module):
    r"""Tells which of two samples is the original, the other one being its reconstruction.

    The reconstruction GAN of LTX-Video (HaCohen et al. 2025, `arXiv:2501.00103
    <https://arxiv.org/abs/2501.00103>`__): the wrapped discriminator d sees both,
    concatenated along channels in an order drawn per sample, and its logits say whether the first
    one is the original. Here the score of the first *argument* is

    .. math:: D(a, b) = \begin{cases} d([a, b]) & \text{in the order drawn for half the samples} \\
        -d([b, a]) & \text{otherwise} \end{cases}

    so that any adversarial loss applies: real logits are :math:`D(x, \hat x)` and generated ones
    are :math:`D(\hat x, x)`. Since the two are about each other's negative, use the modes
    ``"hinge"``, ``"non_saturating"``, ``"wasserstein"`` or ``"relativistic"`` of `AdversarialLoss`,
    not ``"lsgan"``, whose targets 1 and 0 are not symmetric. Features are those of d in the drawn
    order: feature matching needs another discriminator.

    Args:
        discriminator: any discriminator of twice the channels; it returns a logits tensor, a
            `PatchOutput`, or a tuple of these.
        generator: random generator of the orders, on the CPU; torch's own if None.

    Example:
        >>> from vidgan.losses import AdversarialLoss
        >>> from vidgan.models import multiscale_discriminator
        >>> from vidgan.training import adversarial_step
        >>> d = PairedDiscriminator(multiscale_discriminator(2 * 3, base_channels=4))
        >>> loss, original = AdversarialLoss("hinge"), torch.rand(2, 3, 32, 32)
        >>> rebuilt = torch.rand(2, 3, 32, 32, requires_grad=True)  # of an autoencoder
        >>> terms = adversarial_step(
        ...     d,
        ...     [original, rebuilt.detach()],
        ...     [rebuilt, original],
        ...     generator_losses={"gan": loss},
        ...     discriminator_losses={"d": loss.discriminator},
        ... )
        >>> terms.generator["gan"].backward()
        >>> rebuilt.grad.shape
        torch.Size([2, 3, 32, 32])
    """

    def __init__(
        self, discriminator: nn.Module, *, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        self.discriminator = discriminator
        self.generator = generator

    def forward(self, first: Tensor, second: Tensor, swapped: Tensor | None = None) -> Any:
        """Score the claim that ``first`` is the original and ``second`` its reconstruction.

        Args:
            first: (B, C, H, W) or (B, T, C, H, W).
            second: as ``first``.
            swapped: (B,), bool: samples shown to the discriminator as (second, first); drawn at
                random if None.

        Returns:
            What the discriminator returns, with the sign of the swapped samples' logits changed.

        Raises:
            TypeError: if a sample is not a floating-point tensor.
            ValueError: if the shapes differ.
        """
        check_shapes(
            "PairedDiscriminator",
            first=(first, "B [T] C H W"),
            second=(second, "B [T] C H W"),
            swapped=(swapped, "any B or None"),
        )
        if swapped is None:
            draws = torch.rand(len(first), generator=self.generator)
            swapped = (draws < 0.5).to(first.device)
        chosen = swapped.bool().view(-1, *[1] * (first.dim() - 1))
        pair = [torch.where(chosen, second, first), torch.where(chosen, first, second)]
        outputs = self.discriminator(torch.cat(pair, -3))
        return _signed(outputs, 1 - 2 * swapped.to(first.dtype))


def _signed(outputs: Any, signs: Tensor) -> Any:
    """Multiply the logits of every sample by its sign (B,)."""
    if isinstance(outputs, Tensor):
        return outputs * signs.to(outputs.dtype).view(-1, *[1] * (outputs.dim() - 1))
    if isinstance(outputs, PatchOutput):
        return outputs._replace(logits=cast("Tensor", _signed(outputs.logits, signs)))
    return tuple(_signed(output, signs) for output in outputs)
