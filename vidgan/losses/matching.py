"""The feature matching loss over the scales of a discriminator."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vidgan._checks import check_same_length
from vidgan.functional import feature_matching
from vidgan.outputs import PatchOutput


class FeatureMatchingLoss(nn.Module):
    r"""L1 distance between a discriminator's features of generated and real samples.

    .. math:: \frac{4 \cdot \mathrm{weight}}{K (N + 1)}
        \sum_{k=1}^K \sum_{i=1}^{N+1} \operatorname{mean} |D_k^{(i)}(\mathrm{fake}) -
        D_k^{(i)}(\mathrm{real})|

    over the N + 1 feature layers of each of K scales, logits excluded (Wang et al. 2018,
    `arXiv:1711.11585 <https://arxiv.org/abs/1711.11585>`__, Eq. 4, with the constants of the
    released training). No gradient flows into the real features.

    Args:
        weight: factor of the loss; 10 in the paper.

    Example:
        >>> import torch
        >>> logits = torch.zeros(1, 1, 2, 3)
        >>> fake = PatchOutput(logits, features=(torch.ones(1, 8, 4, 6), torch.ones(1, 16, 2, 3)))
        >>> real = PatchOutput(logits, features=(torch.zeros(1, 8, 4, 6), torch.zeros(1, 16, 2, 3)))
        >>> FeatureMatchingLoss()([fake], [real])
        tensor(40.)
    """

    def __init__(self, *, weight: float = 10.0) -> None:
        super().__init__()
        self.weight = weight

    def forward(self, fake: Sequence[PatchOutput], real: Sequence[PatchOutput]) -> Tensor:
        """Compute the loss.

        Args:
            fake: the discriminator's outputs for generated samples, one per scale.
            real: its outputs for real samples, one per scale.

        Returns:
            The loss, a scalar.

        Raises:
            TypeError: if a feature is not a floating-point tensor.
            ValueError: if there are no scales, or if their numbers, layers or shapes differ.
        """
        check_same_length("FeatureMatchingLoss", "scale", fake=fake, real=real)
        # Each scale's mean over its layers is the sum over N + 1 of them, divided by N + 1.
        scales = [
            feature_matching(fake_scale.features, real_scale.features)
            for fake_scale, real_scale in zip(fake, real, strict=True)
        ]
        return self.weight * 4 * torch.stack(scales).mean()

    def extra_repr(self) -> str:
        """Return the options for the module's repr."""
        return f"weight={self.weight}"
