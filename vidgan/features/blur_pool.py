"""Blur pooling: striding without aliasing."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad


class BlurPool(nn.Module):
    r"""Blur with the binomial kernel [1, 2, 1] / 4 along both axes and keep every second pixel.

    Zhang 2019, "Making Convolutional Networks Shift-Invariant Again" (arXiv:1904.11486), with
    the wider reflection padding (2 pixels) of Ghildyal and Liu 2022 (arXiv:2207.13686):

    .. math:: y_{ij} = \sum_{kl} b_k b_l \, x_{2i + k - 2,\, 2j + l - 2}, \quad b = [1, 2, 1] / 4

    A size n becomes ``(n + 1) // 2 + 1``.

    Example:
        >>> BlurPool()(torch.ones(1, 3, 6, 9)).shape
        torch.Size([1, 3, 4, 6])
    """

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        binomial = torch.tensor([0.25, 0.5, 0.25])
        # A constant: it moves with the module, but is no weight of a checkpoint.
        self.register_buffer("kernel", torch.outer(binomial, binomial)[None, None], False)

    def forward(self, images: Tensor) -> Tensor:
        """Blur and halve.

        Args:
            images: (B, C, H, W) with H, W >= 3.

        Returns:
            (B, C, (H + 1) // 2 + 1, (W + 1) // 2 + 1).
        """
        channels = images.shape[1]
        kernel = self.kernel.to(images.dtype).expand(channels, 1, 3, 3)
        return conv2d(pad(images, (2, 2, 2, 2), "reflect"), kernel, stride=2, groups=channels)
