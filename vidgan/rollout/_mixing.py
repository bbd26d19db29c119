"""Real frames among the past frames of a rollout."""

from __future__ import annotations

import torch
from torch import Tensor

from vidgan.functional import average_pyramid


def mixed_frames(
    frame: Tensor, coarser: tuple[Tensor, ...], real: Tensor, mask: Tensor | None
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Return what becomes the newest past frame, at every scale.

    Args:
        frame: the generated frame, (B, C, H, W).
        coarser: the same at the coarser scales.
        real: the real one, (B, C, H, W).
        mask: (B,), True where the real one is taken; None: everywhere.
    """
    reals = average_pyramid(real, len(coarser) + 1) if coarser else [real]
    if mask is not None:
        pairs = zip(reals, (frame, *coarser), strict=True)
        reals = [torch.where(mask.view(-1, 1, 1, 1), *pair) for pair in pairs]
    return reals[0], tuple(reals[1:])
