"""Tracks one face through a video: its landmarks in every frame."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from examples.edges_to_face.landmarks import Face, FaceFinder
from examples.preparation.boxes import Box
from examples.preparation.memory import return_large_buffers
from vidgan.extras import import_extra

_BACK = 32  # frames


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


def track_face(frames: Iterable[Tensor], find: FaceFinder, *, total: int | None = None) -> Track:
    """Find the landmarks of one face in every frame of a video.

    Frames in which no face is found are searched again for a weak detection next to the face in a
    neighboring frame: the one before, or, going back at most 32 frames, the one after. Only these
    frames are kept.

    Args:
        frames: uint8 frames (3, H, W), one after the other.
        find: the detector.
        total: number of frames, for the progress bar.

    Returns:
        The landmarks of each frame; NaN in frames without a face.
    """
    return_large_buffers()
    faces: list[Face | None] = []
    detected: list[bool] = []
    near: Box | None = None
    missing: deque[Tensor] = deque(maxlen=_BACK)  # the last frames, as long as they show no face
    bar = import_extra("tqdm", "examples").tqdm(frames, "landmarks", total, disable=None)
    for frame in bar:
        face = find(frame, near=near)
        near = face.box if face else near
        detected.append(face is not None)
        before = faces[-1] if faces else None
        if face is None and before is not None:
            face = find(frame, near=before.box, weak=True)
        faces.append(face)
        if face is None:
            missing.append(frame)
            continue
        for back in range(len(missing)):
            face = find(missing.pop(), near=face.box, weak=True)
            if face is None:
                break
            faces[-2 - back] = face
        missing.clear()
    nothing = torch.full((68, 2), torch.nan)
    landmarks = torch.stack([face.landmarks if face else nothing for face in faces])
    found = torch.tensor([face is not None for face in faces])
    return Track(landmarks, torch.tensor(detected), found & ~torch.tensor(detected))


def smooth_landmarks(landmarks: Tensor) -> Tensor:
    """Average the landmarks (T, 68, 2) of each frame with those of its two neighbors, if any."""
    smooth = landmarks.clone()
    smooth[1:-1] = (landmarks[:-2] + landmarks[1:-1] + landmarks[2:]) / 3
    return smooth
