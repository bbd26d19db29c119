"""Writes one sequence of a face into a data folder: a steady crop, landmarks, frames and flow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from examples.edges_to_face.crop import face_crop
from examples.edges_to_face.face_track import Track, smooth_landmarks
from examples.preparation.preprocessing import (
    Crop,
    check_crop,
    check_found,
    crop_frame,
    crop_points,
    fill_gaps,
    select,
)
from examples.preparation.sequence_writer import write_frames_and_flow
from vidgan.conditions import face_edges
from vidgan.protocols import FlowEstimator


class SequenceReport(NamedTuple):
    """Detections and frames of one sequence."""

    name: str
    source: str
    frames: int
    detected: int
    recovered: int
    interpolated: int
    dropped: int
    crop: Crop


class FaceMaterial(NamedTuple):
    """One sequence before cropping; ``frames`` gives uint8 frames (3, H, W) one after the other."""

    name: str
    source: str
    track: Track
    frames: Callable[[], Iterator[Tensor]]
    size: tuple[int, int]


def write_sequence(
    folder: Path,
    material: FaceMaterial,
    estimate: FlowEstimator,
    *,
    size: int,
    margin: float,
    missing: str,
    smooth: bool,
    strides: Sequence[int],
) -> SequenceReport:
    """Crop a sequence to the face and write it.

    Args:
        folder: the data folder.
        material: the sequence.
        estimate: the flow estimator.
        size: height and width of the frames written, in pixels.
        margin: as in `face_crop`.
        missing: as in `fill_gaps`.
        smooth: average the landmarks over three frames.
        strides: temporal strides of the reference flow.

    Raises:
        UnusableSequenceError: too few frames show a face.
    """
    name, track, out_size = material.name, material.track, (size, size)
    found = track.detected | track.recovered
    advice = "it should be upright, seen from the front and well lit"
    check_found(material.source, "a face", found, advice)
    kept, landmarks = fill_gaps(track.landmarks, found, missing)
    if smooth:
        landmarks = smooth_landmarks(landmarks)
    crop = face_crop(landmarks, material.size, margin=margin)
    check_crop(material.source, "face", crop)
    landmarks = crop_points(landmarks, crop, out_size)
    write_landmarks(folder / "landmarks" / name, landmarks)
    frames = (crop_frame(frame, crop, out_size) for frame in select(material.frames(), kept))
    edges = (face_edges(points, out_size) for points in landmarks)
    pairs = zip(frames, edges, strict=True)
    write_frames_and_flow(folder, name, pairs, len(kept), estimate, strides)
    return SequenceReport(
        name=name,
        source=material.source,
        frames=len(kept),
        detected=int(track.detected.sum()),
        recovered=int(track.recovered.sum()),
        interpolated=len(kept) - int(found.sum()),
        dropped=len(found) - len(kept),
        crop=crop,
    )


def write_landmarks(folder: Path, landmarks: Tensor) -> None:
    """Write one JSON file per frame, a list of 68 [x, y]."""
    folder.mkdir(parents=True)
    for t, points in enumerate(landmarks.tolist()):
        rounded = [[round(x, 2), round(y, 2)] for x, y in points]
        (folder / f"{t:05d}.json").write_text(json.dumps(rounded))
