"""Tracks one face through a video: its landmarks in every frame."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from examples.edges_to_face.landmarks import Face, FaceFinder
from vidgan.extras import import_extra


class Track(NamedTuple):
    """The landmarks of one face in every frame of a video.

    Attributes:
        landmarks: (T, 68, 2) in pixels, NaN where no face was found.
        detected: (T,) bool, whether the detector found the face without help.
        recovered: (T,) bool, whether a weak detection was accepted because it overlaps the face in
            a neighboring frame.
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
        The landmarks of each frame; NaN in frames without a face.
    """
    frames = list(frames)
    faces: list[Face | None] = []
    near = None
    for frame in import_extra("tqdm", "examples").tqdm(frames, "landmarks", disable=None):
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
    """Average the landmarks (T, 68, 2) of each frame with those of its two neighbors, if any."""
    smooth = landmarks.clone()
    smooth[1:-1] = (landmarks[:-2] + landmarks[1:-1] + landmarks[2:]) / 3
    return smooth
