"""Writes one sequence of a face into a data folder: a steady crop, landmarks, frames and flow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from examples.edges_to_face.crop import face_crop
from examples.edges_to_face.face_track import Track, smooth_landmarks
from examples.preparation.missing_frames import (
    MissingFrames,
    Stretch,
    check_names,
    fill_gaps,
    stretches,
)
from examples.preparation.preprocessing import (
    Crop,
    check_crop,
    check_found,
    crop_frame,
    crop_points,
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
    missing: MissingFrames,
    smooth: bool,
    strides: Sequence[int],
) -> list[SequenceReport]:
    """Crop a sequence to the face and write it, in parts if frames are dropped.

    Args:
        folder: the data folder.
        material: the sequence.
        estimate: the flow estimator.
        size: height and width of the frames written, in pixels.
        margin: as in `face_crop`.
        missing: as in `stretches`.
        smooth: average the landmarks over three frames.
        strides: temporal strides of the reference flow.

    Raises:
        ValueError: a sequence of one of the names is written already.
        UnusableSequenceError: too few frames show a face, or too few in a row.
    """
    track, out_size = material.track, (size, size)
    found = track.detected | track.recovered
    advice = "it should be upright, seen from the front and well lit"
    check_found(material.source, "a face", found, advice)
    parts = stretches(material.name, material.source, found, missing)
    check_names(folder, parts)
    kept = [t for part in parts for t in part.frames]
    landmarks = fill_gaps(track.landmarks, found)
    crop = face_crop(landmarks[kept], material.size, margin=margin)
    check_crop(material.source, "face", crop)
    frames = (crop_frame(frame, crop, out_size) for frame in select(material.frames(), kept))
    reports = []
    for part in parts:
        points, length = landmarks[part.frames.start : part.frames.stop], len(part.frames)
        if smooth:
            points = smooth_landmarks(points)
        points = crop_points(points, crop, out_size)
        write_landmarks(folder / "landmarks" / part.name, points)
        pairs = zip(islice(frames, length), (face_edges(p, out_size) for p in points), strict=True)
        write_frames_and_flow(folder, part.name, pairs, length, estimate, strides)
        reports.append(_report(part, track, crop))
    return reports


def _report(part: Stretch, track: Track, crop: Crop) -> SequenceReport:
    seen = Track(*(values[part.frames.start : part.frames.stop] for values in track))
    detected, recovered = int(seen.detected.sum()), int(seen.recovered.sum())
    return SequenceReport(
        name=part.name,
        source=part.source,
        frames=len(part.frames),
        detected=detected,
        recovered=recovered,
        interpolated=len(part.frames) - detected - recovered,
        dropped=part.dropped,
        crop=crop,
    )


def write_landmarks(folder: Path, landmarks: Tensor) -> None:
    """Write one JSON file per frame, a list of 68 [x, y]."""
    folder.mkdir(parents=True)
    for t, points in enumerate(landmarks.tolist()):
        rounded = [[round(x, 2), round(y, 2)] for x, y in points]
        (folder / f"{t:05d}.json").write_text(json.dumps(rounded))
