"""One face through a video: its landmarks in every frame."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from examples.edges_to_face.landmarks import Face, FaceFinder
from examples.vid2vid.command_line import require


class Track(NamedTuple):
    """One face through a video.

    Attributes:
        landmarks: (T, 68, 2) in pixels, NaN where no face was found.
        detected: (T,) bool, the detector found the face by itself.
        recovered: (T,) bool, a weak find accepted because the face next to it in time is there.
    """

    landmarks: Tensor
    detected: Tensor
    recovered: Tensor


def track_face(frames: Iterable[Tensor], find: FaceFinder) -> Track:
    """Find the landmarks of one face in every frame of a video.

    Args:
        frames: uint8 frames (3, H, W), or one tensor (T, 3, H, W).
        find: the detector.

    Returns:
        The landmarks of each frame; NaN rows where there is no face.
    """
    frames = list(frames)
    faces: list[Face | None] = []
    near = None
    for frame in require("tqdm").tqdm(frames, "landmarks", disable=None):
        faces.append(find(frame, near=near))
        near = faces[-1].box if faces[-1] else near
    detected = torch.tensor([face is not None for face in faces])
    for order in (range(1, len(frames)), range(len(frames) - 2, -1, -1)):
        for t in order:
            neighbor = faces[t - order.step]
            if faces[t] is None and neighbor is not None:
                faces[t] = find(frames[t], near=neighbor.box, weak=True)
    missing = torch.full((68, 2), torch.nan)
    landmarks = torch.stack([face.landmarks if face else missing for face in faces])
    recovered = torch.tensor([face is not None for face in faces]) & ~detected
    return Track(landmarks, detected, recovered)


def smooth_landmarks(landmarks: Tensor) -> Tensor:
    """Average each frame's landmarks (T, 68, 2) with its two neighbors', where there are two."""
    smooth = landmarks.clone()
    smooth[1:-1] = (landmarks[:-2] + landmarks[1:-1] + landmarks[2:]) / 3
    return smooth
