"""The LeCam regularization, with its running means."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vidgan._checks import check_same_length
from vidgan._scales import Scales, list_logits
from vidgan.functional import lecam


class LeCamLoss(nn.Module):
    r"""Regularizes a discriminator that has few samples, by running means of its logits.

    .. math:: \mathrm{weight} \sum_k E\left[\max(0, r_k - \alpha_F)^2\right] +
        E\left[\max(0, \alpha_R - f_k)^2\right]

    over the scales k, `vidgan.functional.lecam` with the running means :math:`\alpha_R,
    \alpha_F` of all logits (Tseng et al. 2021, `arXiv:2104.03310
    <https://arxiv.org/abs/2104.03310>`__). In training mode each call updates the means, before
    they are used; in evaluation mode they stay. They are buffers, saved with the module; under
    data-parallel training every process has its own.

    Args:
        weight: factor of the loss; 0.001 to 0.3 in the paper, by data set.
        decay: of the running means, in [0, 1).

    Raises:
        ValueError: if ``decay`` is not in [0, 1).

    Example:
        >>> regularize = LeCamLoss(weight=1.0)
        >>> regularize(torch.tensor([1.0, 3.0]), torch.tensor([-1.0]))  # means 2 and -1
        tensor(19.)
    """

    real_mean: Tensor
    fake_mean: Tensor
    num_updates: Tensor

    def __init__(self, *, weight: float = 0.001, decay: float = 0.99) -> None:
        super().__init__()
        if not 0 <= decay < 1:
            raise ValueError(f"LeCamLoss: decay must be at least 0 and below 1, got {decay}")
        self.weight = weight
        self.decay = decay
        self.register_buffer("real_mean", torch.zeros(()))
        self.register_buffer("fake_mean", torch.zeros(()))
        self.register_buffer("num_updates", torch.zeros((), dtype=torch.int64))

    def forward(self, real: Scales, fake: Scales) -> Tensor:
        """Compute the loss, and update the means in training mode.

        Args:
            real: the discriminator's outputs for real samples: one `vidgan.outputs.PatchOutput` or
                logits tensor per scale, or a single one.
            fake: its outputs for generated samples.

        Returns:
            The loss, a scalar.

        Raises:
            TypeError: if logits are not floating-point.
            ValueError: if there are no scales, or their numbers differ.
        """
        reals = list_logits(real, "LeCamLoss", "real")
        fakes = list_logits(fake, "LeCamLoss", "fake")
        check_same_length("LeCamLoss", "scale", real=reals, fake=fakes)
        if self.training:
            self._update(self.real_mean, reals)
            self._update(self.fake_mean, fakes)
            self.num_updates += 1
        means = self.real_mean.clone(), self.fake_mean.clone()  # updated in place by later calls
        losses = [
            lecam(real_logits, fake_logits, *means)
            for real_logits, fake_logits in zip(reals, fakes, strict=True)
        ]
        return self.weight * torch.stack(losses).sum()

    @torch.no_grad()
    def _update(self, mean: Tensor, scales: list[Tensor]) -> None:
        now = torch.stack([logits.float().mean() for logits in scales]).mean()
        # The first update sets the means: from 0 they would penalize any logits for long.
        decay = torch.where(self.num_updates == 0, 0.0, self.decay)
        mean.copy_(torch.lerp(now, mean, decay))

    def extra_repr(self) -> str:
        """Return the options for the module's repr."""
        return f"weight={self.weight}, decay={self.decay}"
