"""Patch discriminators of clips on a pyramid in space, or in space and time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vidgan._checks import check_shapes
from vidgan.discriminators.patch_3d import PatchDiscriminator3d, check_clip_size
from vidgan.functional import average_pyramid
from vidgan.outputs import PatchOutput


class MultiscaleDiscriminator3d(nn.Module):
    r"""One patch discriminator of clips per level of an average-pool pyramid, finest level first.

    .. math:: D(x) = \left(d_0(x_0), d_1(x_1), \dots\right), \qquad x_0 = x, \quad
        x_{k+1} = \operatorname{pool}(x_k)

    The discriminators on a pyramid of Wang et al. 2018, `arXiv:1711.11585
    <https://arxiv.org/abs/1711.11585>`__, Sec. 3.2, for clips. With ``pool_time``, each level also
    averages pairs of frames of the finer one (an odd last frame stays as it is), so that a coarse
    discriminator reaches twice as far in time. A coarse step then ends at its pair's second frame,
    which a causal discriminator sees.

    Args:
        discriminators: `PatchDiscriminator3d`, finest scale first.
        pool_time: halve the number of frames from level to level, too.

    Raises:
        ValueError: if there are none, or if their numbers of channels differ.

    Example:
        >>> import torch
        >>> scales = [PatchDiscriminator3d(3, 8), PatchDiscriminator3d(3, 8)]
        >>> discriminator = MultiscaleDiscriminator3d(scales, pool_time=True)
        >>> [tuple(out.logits.shape) for out in discriminator(torch.zeros(1, 16, 3, 64, 96))]
        [(1, 4, 1, 8, 12), (1, 2, 1, 4, 6)]
    """

    def __init__(
        self, discriminators: Sequence[PatchDiscriminator3d], *, pool_time: bool = False
    ) -> None:
        super().__init__()
        name = "MultiscaleDiscriminator3d"
        if not discriminators:
            raise ValueError(f"{name}: discriminators must not be empty")
        channels = [discriminator.in_channels for discriminator in discriminators]
        if len(set(channels)) > 1:
            raise ValueError(
                f"{name}: discriminators must have the same in_channels, got {channels}"
            )
        # A pyramid takes n to (n + 1) // 2, so that n - 1 at a level was (n - 1) * 2^k before it.
        levels = list(enumerate(discriminators))
        self.min_pixels = max((d.min_pixels - 1) * 2**k + 1 for k, d in levels)
        self.min_frames = max((d.min_frames - 1) * 2 ** (k * pool_time) + 1 for k, d in levels)
        self.in_channels = channels[0]
        self.pool_time = pool_time
        self.discriminators = nn.ModuleList(discriminators)

    def forward(self, x: Tensor) -> tuple[PatchOutput, ...]:
        """Return the outputs of every scale for clips x (B, T, C, H, W), finest first.

        Raises:
            TypeError: if x is not a floating-point tensor.
            ValueError: if x has another number of dimensions or channels, or if it is too short
                or too small for a scale.
        """
        name = "MultiscaleDiscriminator3d"
        check_shapes(name, x=(x, f"B T {self.in_channels} H W"))
        check_clip_size(x, self.min_frames, self.min_pixels, name)
        outputs = []
        for level, discriminator in enumerate(self.discriminators):
            if level > 0:
                x = average_pyramid(x, 2)[1]
                x = _halve_time(x) if self.pool_time else x
            outputs.append(discriminator(x))
        return tuple(outputs)


def _halve_time(x: Tensor) -> Tensor:
    """Average pairs of frames of x (B, T, C, H, W); the last of an odd number stays."""
    if x.shape[1] % 2:
        x = torch.cat([x, x[:, -1:]], 1)  # its mean with itself
    # Not by F.avg_pool3d, which has no bfloat16 on CPUs.
    return (x[:, ::2] + x[:, 1::2]) / 2
