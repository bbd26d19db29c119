"""The feature matching loss over the scales of a discriminator."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vidgan.functional import feature_matching
from vidgan.outputs import PatchOutput


class FeatureMatchingLoss(nn.Module):
    """Match the discriminator's features of generated and real samples.

    ``weight * 4 / (N + 1) / num_D * sum over scales and layers of L1(fake, real)``, with the N + 1
    feature layers of each of num_D scales, the logits left out (Wang et al., CVPR 2018,
    arXiv:1711.11585, Eq. 4, with the constants of the released training). No gradient flows into
    the real features.

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
            fake: the discriminator's outputs for generated samples, one a scale.
            real: its outputs for real samples, one a scale.

        Returns:
            The loss, a scalar.

        Raises:
            TypeError: if a feature is not a floating-point tensor.
            ValueError: if there are no scales, or if their numbers, layers or shapes differ.
        """
        if len(fake) == 0:
            raise ValueError("FeatureMatchingLoss: fake must hold at least one scale, got none")
        if len(fake) != len(real):
            raise ValueError(
                f"FeatureMatchingLoss: real must hold as many scales as fake, {len(fake)}, "
                f"got {len(real)}"
            )
        scales = [
            feature_matching(fake_scale.features, real_scale.features)
            for fake_scale, real_scale in zip(fake, real, strict=True)
        ]
        return self.weight * 4 * torch.stack(scales).mean()

    def extra_repr(self) -> str:
        """Name the options in the module's repr."""
        return f"weight={self.weight}"
