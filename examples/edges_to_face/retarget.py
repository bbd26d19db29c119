"""Motion transfer: one person's expressions and head motion on another person's face."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from examples.edges_to_face.face_track import track_face
from examples.edges_to_face.landmarks import DETECTORS, DlibLandmarks, FaceFinder
from examples.preparation.boxes import Box
from examples.preparation.missing_frames import fill_gaps
from examples.vid2vid.live import LiveStream
from examples.vid2vid.live_source import LiveSource
from examples.vid2vid.task import Driver, only_sequence
from vidgan.data import PointStream, TensorStream, open_data_folder
from vidgan.video import VideoReader

_REFERENCE = 25  # frames that a live face is measured from


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


def drive_face(source: Path | LiveSource, target: Tensor, detector: Any) -> Driver:
    """Find the landmarks of a video or of a prepared folder, and retarget them.

    Args:
        source: a video file, a prepared folder with one sequence, or frames as they arrive.
        target: landmarks of the target, (T, 68, 2).
        detector: name of the detector that found the target's landmarks, if any.

    Raises:
        ValueError: the video shows no face, or the folder has several sequences.
    """
    if not isinstance(source, Path):
        find = LiveFace(DETECTORS.get(detector, DlibLandmarks)(), target)
        return Driver({"landmarks": LiveStream(source, find, "a face")}, source.fps)
    if source.is_dir():
        fps = open_data_folder(source).fps
        stream = PointStream(source / "landmarks")
        name, length = only_sequence(stream.sequences(), source)
        landmarks = torch.stack([stream.load(name, index) for index in range(length)])
    else:
        finder = DETECTORS.get(detector, DlibLandmarks)()
        with VideoReader(source) as video:
            frames = (frame for _, frame in video)
            track, fps = track_face(frames, finder, total=video.declared_frames), video.fps
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
    theirs = decompose(driver)
    return _transfer(decompose(target), theirs, theirs)


class LiveFace:
    """Finds the face in each frame as it arrives, and retargets it as `retarget_landmarks` does.

    What that takes from the whole video (the mean face, the scale and the median position) is here
    taken from the first 25 frames with a face. The center of the face stays where the target's has
    been, however far the driver moves.

    Args:
        find: the detector.
        target: landmarks of the target, (T, 68, 2).
    """

    def __init__(self, find: FaceFinder, target: Tensor) -> None:
        self._find, self._target = find, decompose(target)
        centers = target.mean(1)
        self._range = (centers.amin(0), centers.amax(0))
        self._first: list[Tensor] = []
        self._reference: HeadMotion | None = None
        self._near: Box | None = None

    def __call__(self, frame: Tensor) -> Tensor | None:
        """Return landmarks (68, 2) in pixels of the target's frames; None without a face."""
        face = self._find(frame, near=self._near)
        if face is None and self._near is not None:
            face = self._find(frame, near=self._near, weak=True)
        if face is None:
            return None
        self._near = face.box
        if len(self._first) < _REFERENCE or self._reference is None:
            self._first.append(face.landmarks)
            self._reference = decompose(torch.stack(self._first))
        now = decompose(face.landmarks[None], self._reference.shape)
        moved = _transfer(self._target, self._reference, now)[0]
        center = moved.mean(0)
        return moved + center.clamp(*self._range) - center


def _transfer(ours: HeadMotion, reference: HeadMotion, theirs: HeadMotion) -> Tensor:
    """Give the target the motion of a driver, measured from the driver's reference."""
    size = ours.scale.median() / reference.scale.median()
    scale = theirs.scale * size
    path = (theirs.position - reference.position.median(0).values) * size
    position = ours.position.median(0).values + path
    moved = torch.einsum("tij,tnj->tni", theirs.rotation, ours.shape + theirs.deviation)
    return scale[:, None, None] * moved + position[:, None]


def decompose(landmarks: Tensor, shape: Tensor | None = None) -> HeadMotion:
    """Decompose a face video (T, 68, 2), with its own or a given mean face; see `HeadMotion`."""
    points = landmarks.double()
    position = points.mean(1)
    centered = points - position[:, None]
    iterations = 5 if shape is None else 0
    shape = centered[0] / centered[0].norm() if shape is None else shape.double()
    for _ in range(iterations):  # generalized Procrustes analysis
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
