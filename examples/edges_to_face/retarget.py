"""Motion transfer: one person's expressions and head motion on another person's face."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from examples.edges_to_face.face_track import track_face
from examples.edges_to_face.landmarks import DETECTORS, DlibLandmarks
from examples.preparation.missing_frames import fill_gaps
from examples.vid2vid.task import Driver, only_sequence
from vidgan.data import PointStream, TensorStream, open_data_folder
from vidgan.video import VideoReader


class HeadMotion(NamedTuple):
    """A face video, decomposed into a mean face, deviations and similarity transforms.

    Frame t is ``scale[t] * (shape + deviation[t]) @ rotation[t].T + position[t]``.

    Attributes:
        shape: the mean face, (68, 2), centered, of size 1.
        deviation: the motion that is not a similarity transform, (T, 68, 2).
        scale: (T,).
        rotation: (T, 2, 2).
        position: of the center, (T, 2).
    """

    shape: Tensor
    deviation: Tensor
    scale: Tensor
    rotation: Tensor
    position: Tensor


def drive_face(source: Path, target: Tensor, detector: Any) -> Driver:
    """Find the landmarks of a video or of a prepared folder, and retarget them.

    Args:
        source: a video file, or a prepared data folder with one sequence.
        target: landmarks of the target, (T, 68, 2).
        detector: name of the detector that found the target's landmarks, if any.

    Raises:
        ValueError: the video shows no face, or the folder has several sequences.
    """
    if source.is_dir():
        fps = open_data_folder(source).fps
        stream = PointStream(source / "landmarks")
        name, length = only_sequence(stream.sequences(), source)
        landmarks = torch.stack([stream.load(name, index) for index in range(length)])
    else:
        find = DETECTORS.get(detector, DlibLandmarks)()
        with VideoReader(source) as video:
            frames = (frame for _, frame in video)
            track, fps = track_face(frames, find, total=video.declared_frames), video.fps
        found = track.detected | track.recovered
        if not bool(found.any()):
            raise ValueError(f"{source} must show a face to drive the target; none was found")
        landmarks = fill_gaps(track.landmarks, found)
    moved = retarget_landmarks(landmarks, target)
    return Driver({"landmarks": TensorStream("points", {source.stem: moved})}, fps)


def retarget_landmarks(driver: Tensor, target: Tensor) -> Tensor:
    """Fit the driver's motion to the target's shape, size and position.

    Both videos are decomposed into a mean face, its deviations, and similarity transforms (see
    `HeadMotion`). The target's mean face is given the driver's deviations, rotations and changes of
    scale; the driver's path is scaled to the size of the target's face and shifted to the target's
    median position. One scale and one shift are used for the whole video, to avoid jitter.

    Args:
        driver: (T, 68, 2), in pixels of its own frames.
        target: landmarks of the frames that the target's model was trained on, (T', 68, 2), in
            pixels.

    Returns:
        (T, 68, 2) in pixels of the target's frames.
    """
    ours, theirs = decompose(target), decompose(driver)
    size = ours.scale.median() / theirs.scale.median()
    scale = theirs.scale * size
    path = (theirs.position - theirs.position.median(0).values) * size
    position = ours.position.median(0).values + path
    moved = torch.einsum("tij,tnj->tni", theirs.rotation, ours.shape + theirs.deviation)
    return scale[:, None, None] * moved + position[:, None]


def decompose(landmarks: Tensor) -> HeadMotion:
    """Decompose a face video (T, 68, 2); see `HeadMotion`."""
    points = landmarks.double()
    position = points.mean(1)
    centered = points - position[:, None]
    shape = centered[0] / centered[0].norm()
    for _ in range(5):  # generalized Procrustes analysis
        scale, rotation = _similarities(shape, centered)
        aligned = torch.einsum("tji,tnj->tni", rotation, centered) / scale[:, None, None]
        shape = aligned.mean(0)
        shape = shape / shape.norm()
    scale, rotation = _similarities(shape, centered)
    aligned = torch.einsum("tji,tnj->tni", rotation, centered) / scale[:, None, None]
    parts = (shape, aligned - shape, scale, rotation, position)
    return HeadMotion(*(part.to(landmarks) for part in parts))


def _similarities(shape: Tensor, centered: Tensor) -> tuple[Tensor, Tensor]:
    """Fit scale (T,) and rotation (T, 2, 2) from ``shape`` to each frame by least squares."""
    # In the plane a similarity is a complex factor; least squares has a closed form.
    z, w = torch.view_as_complex(shape.contiguous()), torch.view_as_complex(centered.contiguous())
    factor = (w * z.conj()).sum(1) / (z * z.conj()).sum()
    turn = factor / factor.abs()
    rotation = torch.stack(
        [torch.stack([turn.real, -turn.imag], 1), torch.stack([turn.imag, turn.real], 1)], 1
    )
    return factor.abs(), rotation
