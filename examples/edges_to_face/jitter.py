"""Small random changes of the shapes of facial parts, for training."""

from __future__ import annotations

import torch
from torch import Tensor

# Outline, brows, nose, eyes, mouth: ranges of the 68 landmarks.
_PARTS = ((0, 17), (17, 22), (22, 27), (27, 36), (36, 42), (42, 48), (48, 68))


def jitter_parts(landmarks: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """Make each part of a face a little wider or narrower, taller or flatter, and move it.

    The change is drawn once and is the same in all frames, as if another person's face moved so;
    a generator trained with it is not thrown by another face's proportions.

    Args:
        landmarks: (T, 68, 2) in pixels.
        strength: largest change, as a share of the part's size.
        rng: decides the changes.

    Returns:
        (T, 68, 2).
    """
    changed = landmarks.clone()
    for start, end in _PARTS:
        stretch, shift = 2 * torch.rand(2, 2, generator=rng) - 1
        part = landmarks[:, start:end]
        center = part.mean(1, keepdim=True)
        size = (part.amax(1, keepdim=True) - part.amin(1, keepdim=True)).amax(2, keepdim=True)
        moved = center + (part - center) * (1 + strength * stretch) + strength / 2 * shift * size
        changed[:, start:end] = moved
    return changed
