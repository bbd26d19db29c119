"""DensePose maps as condition maps."""

from __future__ import annotations

import torch
from torch import Tensor

from vidgan._checks import check_shapes
from vidgan.conditions._random import draw_kept

NUM_DENSEPOSE_PARTS = 24
"""How many parts of the body DensePose distinguishes, 1 to 24; the index 0 is background.

>>> NUM_DENSEPOSE_PARTS
24
"""


def densepose_maps(
    densepose: Tensor,
    *,
    drop_probability: float = 0.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Scale the maps of DensePose to [-1, 1].

    Güler et al. 2018, `arXiv:1802.00434 <https://arxiv.org/abs/1802.00434>`__.

    Args:
        densepose: uint8, (3, H, W) or (T, 3, H, W): two surface coordinates of 0 to 255, and the
            index of the body part, 0 (background) to 24.
        drop_probability: each body part is made background with this probability, in all T frames
            alike; 0.05 in the published training.
        generator: samples which parts.

    Returns:
        float32 in [-1, 1] of the same shape; the index is rescaled too, 0 to -1 and 24 to 1.

    Raises:
        TypeError: ``densepose`` is not uint8.
        ValueError: wrong shape, an index above 24, a wrong probability, or no generator.

    Example:
        >>> part = torch.tensor([0, 12, 24], dtype=torch.uint8).expand(3, 1, 3)
        >>> densepose_maps(part)[2]
        tensor([[-1.,  0.,  1.]])
    """
    check_shapes("densepose_maps", densepose=(densepose, "uint8 ..."))
    if densepose.dim() not in (3, 4) or densepose.shape[-3] != 3:
        raise ValueError(
            "densepose_maps: densepose must have shape (3, H, W) or (T, 3, H, W), got "
            f"{tuple(densepose.shape)}"
        )
    index = densepose.select(-3, 2)
    if densepose.numel() and int(index.max()) > NUM_DENSEPOSE_PARTS:
        raise ValueError(
            f"densepose_maps: the third channel of densepose must be a part index of 0 to "
            f"{NUM_DENSEPOSE_PARTS}, got {int(index.max())}; resize such maps without interpolation"
        )
    kept = draw_kept(NUM_DENSEPOSE_PARTS, drop_probability, generator, "densepose_maps")
    stays = torch.tensor([True, *kept], device=densepose.device)
    shown = densepose * stays[index.long()].unsqueeze(-3)
    steps = torch.tensor([255.0, 255.0, NUM_DENSEPOSE_PARTS], device=densepose.device)
    return shown / steps.view(3, 1, 1) * 2 - 1
