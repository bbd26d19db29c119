"""Upsampling by convex combinations of neighbors."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vidgan._checks import check_at_least, check_shapes


def convex_upsample(values: Tensor, logits: Tensor, factor: int) -> Tensor:
    r"""Upsample a map; every fine value is a convex combination of 3x3 coarse ones.

    .. math:: y(fp + s) = \sum_{k \in \{-1, 0, 1\}^2}
        \operatorname{softmax}_k(\text{logits}(p))_{k, s} \; x(p + k)

    for every coarse pixel p and every place s inside it. The upsampling of Teed and Deng 2020,
    `arXiv:2003.12039 <https://arxiv.org/abs/2003.12039>`__, Sec. 3.3, over repeated in place of
    zero borders. A flow in pixels must also be multiplied by ``factor``.

    Args:
        values: x, (B, C, H, W).
        logits: weights before the softmax, (B, 9 f**2, H, W), the 3x3 neighbors first, both row by
            row, as in RAFT.
        factor: f, at least 1.

    Returns:
        The map, (B, C, f H, f W).

    Raises:
        ValueError: ``factor`` is below 1, or ``logits`` do not fit ``values``.

    Example:
        >>> values, logits = torch.ones(1, 2, 3, 5), torch.zeros(1, 9 * 4, 3, 5)
        >>> convex_upsample(values, logits, 2).shape
        torch.Size([1, 2, 6, 10])
    """
    check_at_least("convex_upsample", 1, factor=factor)
    shapes = {"values": (values, "B C H W"), "logits": (logits, f"B {9 * factor**2} H W")}
    check_shapes("convex_upsample", **shapes)
    batch, _, height, width = values.shape
    weights = logits.reshape(batch, 9, factor**2, height, width).softmax(1)  # (B, 9, f*f, H, W)
    padded = F.pad(values, (1, 1, 1, 1), mode="replicate")
    fine = torch.zeros((), dtype=values.dtype, device=values.device)
    # nine shifted views in place of `unfold`, which would copy them
    for k in range(9):
        y, x = divmod(k, 3)
        shifted = padded[:, :, None, y : y + height, x : x + width]  # (B, C, 1, H, W)
        fine = fine + shifted * weights[:, None, k]
    return F.pixel_shuffle(fine.flatten(1, 2), factor)  # (B, C, f*H, f*W)
