"""Metric of the task: how well a generated face follows the landmarks that drove it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor

from examples.edges_to_face.landmarks import DlibLandmarks, Face

ENLARGE = 4  # dlib's face detector needs faces of at least 80 pixels
_RIGHT_EYE, _LEFT_EYE = slice(36, 42), slice(42, 48)


class LandmarkMetric:
    """Counts the faces of a video, and computes the error of their landmarks.

    Raises:
        ImportError: dlib or its weights are not installed.
    """

    legend = f"""\
- Landmark error: dlib run on the frames enlarged {ENLARGE} times; mean distance of its 68 points
  to the driving landmarks, divided by the distance between the centers of the eyes, averaged
  over the frames in which a face is found. Lower is better.
- Faces: frames in which dlib finds a face."""

    def __init__(self) -> None:
        self.find = DlibLandmarks(ENLARGE)

    def __call__(self, frames: Tensor, annotations: Mapping[str, Tensor]) -> dict[str, float | int]:
        """Compare frames with ``annotations["landmarks"]``; see `landmark_errors`."""
        errors = landmark_errors(frames, annotations["landmarks"], self.find)
        found = ~errors.isnan()
        return {"landmark error": float(errors[found].mean()), "faces": int(found.sum())}


def landmark_errors(
    frames: Iterable[Tensor], landmarks: Tensor, find: Callable[[Tensor], Face | None]
) -> Tensor:
    """Compute the distance between the landmarks found in frames and those that drove them.

    The mean distance of the 68 points, divided by the distance between the centers of the eyes
    (means of the points 36-41 and 42-47) of the driving landmarks.

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
