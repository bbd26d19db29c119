"""How well a generated face follows the landmarks that drove it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from examples.edges_to_face.landmarks import Face

ENLARGE = 4  # dlib's face finder wants faces of 80 pixels and more
_RIGHT_EYE, _LEFT_EYE = slice(36, 42), slice(42, 48)


def landmark_errors(
    frames: Iterable[Tensor], landmarks: Tensor, find: Callable[[Tensor], Face | None]
) -> Tensor:
    """Measure how far the landmarks found in frames lie from those that drove them.

    The mean distance of the 68 points, over the distance between the centres of the eyes (means
    of the points 36-41 and 42-47) of the driving landmarks.

    Args:
        frames: uint8 frames (3, H, W).
        landmarks: the driving landmarks, (T, 68, 2) in pixels of the frames.
        find: the detector, `DlibLandmarks(ENLARGE)`.

    Returns:
        (T,), NaN where no face was found.
    """
    errors = []
    for frame, wanted in zip(frames, landmarks, strict=True):
        face = find(frame)
        if face is None:
            errors.append(torch.tensor(torch.nan))
            continue
        eyes = wanted[_RIGHT_EYE].mean(0) - wanted[_LEFT_EYE].mean(0)
        distances = torch.linalg.vector_norm(face.landmarks - wanted, dim=1)
        errors.append(distances.mean() / torch.linalg.vector_norm(eyes))
    return torch.stack(errors)
