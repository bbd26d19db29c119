"""Patch discriminators on an image pyramid."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from vidgan._checks import check_shapes
from vidgan.discriminators.patch import PatchDiscriminator, check_patch_size
from vidgan.functional import average_pyramid
from vidgan.outputs import PatchOutput


class MultiscaleDiscriminator(nn.Module):
    r"""One patch discriminator per level of an average-pool pyramid, finest level first.

    .. math:: D(x) = \left(d_0(x_0), d_1(x_1), \dots\right), \qquad x_0 = x, \quad
        x_{k+1} = \operatorname{pool}(x_k)

    Wang et al. 2018 (pix2pixHD), `arXiv:1711.11585 <https://arxiv.org/abs/1711.11585>`__, Sec. 3.2.

    A member is a module with the attribute ``in_channels``, the same for all; it is called with
    images (B, in_channels, h, w) and returns a `PatchOutput`. Members may differ in width, depth
    and norm. A member of the user's own takes care of images that are too small for it; for norms
    of this library and of torch, the coarsest level is checked here.

    Args:
        discriminators: the patch discriminators, finest scale first.

    Raises:
        ValueError: if there are none, or if their numbers of channels differ.

    Example:
        >>> import torch
        >>> scales = [PatchDiscriminator(3, 8), PatchDiscriminator(3, 16)]
        >>> fine, coarse = MultiscaleDiscriminator(scales)(torch.zeros(1, 3, 64, 96))
        >>> fine.logits.shape, coarse.logits.shape
        (torch.Size([1, 1, 11, 15]), torch.Size([1, 1, 7, 9]))
    """

    def __init__(self, discriminators: Sequence[PatchDiscriminator]) -> None:
        super().__init__()
        if not discriminators:
            raise ValueError("MultiscaleDiscriminator: discriminators must not be empty")
        channels = [discriminator.in_channels for discriminator in discriminators]
        if len(set(channels)) > 1:
            raise ValueError(
                "MultiscaleDiscriminator: discriminators must have the same in_channels, "
                f"got {channels}"
            )
        self.in_channels = channels[0]
        self.discriminators = nn.ModuleList(discriminators)

    def forward(self, x: Tensor) -> tuple[PatchOutput, ...]:
        """Return the outputs of every scale for x (B, C, H, W), finest first.

        Raises:
            TypeError: if x is not a floating-point tensor.
            ValueError: if x has another number of dimensions or channels, or is too small for a
                norm at the coarsest scale.
        """
        name = "MultiscaleDiscriminator"
        check_shapes(name, x=(x, f"B {self.in_channels} H W"))
        check_patch_size(self.discriminators[-1], x, name, halvings=len(self.discriminators) - 1)
        levels = average_pyramid(x, len(self.discriminators))  # (B, C, H / 2^k, W / 2^k) each
        return tuple(
            discriminator(level)
            for discriminator, level in zip(self.discriminators, levels, strict=True)
        )
