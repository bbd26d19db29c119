"""Turn a video of a face, or folders of frames and landmarks, into a data folder.

    python -m examples.edges_to_face prepare VIDEO --out DATA
    python -m examples.edges_to_face prepare FOLDER --out DATA

FOLDER contains images/SEQUENCE/FRAME.jpg and landmarks/SEQUENCE/FRAME.json (68 [x, y] each).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from examples.edges_to_face.crop import face_crop
from examples.edges_to_face.face_track import Track, smooth_landmarks, track_face
from examples.edges_to_face.landmarks import DETECTORS, FaceFinder
from examples.edges_to_face.sources import read_folders
from examples.vid2vid.command_line import parse
from examples.vid2vid.preprocessing import (
    ESTIMATORS,
    Crop,
    check_length,
    check_strides,
    contact_sheet,
    crop_frame,
    crop_points,
    fill_gaps,
    write_description,
    write_flows,
)
from vidgan.conditions import face_edges
from vidgan.files import atomic_folder
from vidgan.protocols import FlowEstimator
from vidgan.video import read_frame, read_video, write_frame, write_frames


@dataclass
class PrepareConfig:
    """Options of ``prepare``."""

    source: Path
    """A video file with one face, or a folder with images and landmarks."""
    out: Path = Path("data")
    """The data folder to write."""
    size: int = 128
    """Height and width of the frames written, in pixels."""
    detector: Literal["dlib", "mediapipe"] = "dlib"
    """Landmark detector: dlib as in the paper (weights for research use only), or MediaPipe."""
    missing: Literal["interpolate", "drop"] = "interpolate"
    """How to handle frames in which no face is found."""
    margin: float = 0.3
    """Room around the face on every side, as a fraction of its size."""
    smooth: bool = False
    """Average the landmarks of each frame with those of its neighbors in time."""
    flow: Literal["dis", "farneback", "raft"] = "dis"
    """Estimator of the reference flow."""
    strides: tuple[int, ...] = (1, 3, 9)
    """Temporal strides for which reference flow is written."""
    fps: float = 25.0
    """Frames per second of folders; a video file states its own."""
    max_frames: int | None = None
    """Maximum number of frames to read from each sequence."""
    overwrite: bool = False
    """Replace the data folder if it exists."""


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


class PrepareReport(NamedTuple):
    """The data folder that was written, and its sequences."""

    folder: Path
    sequences: list[SequenceReport]


class _Material(NamedTuple):
    """One sequence before cropping; frames are uint8 (T, 3, H, W)."""

    name: str
    source: str
    frames: Tensor
    track: Track


def prepare(config: PrepareConfig) -> PrepareReport:
    """Write the data folder; an error or Ctrl-C leaves nothing behind."""
    _check(config)
    with atomic_folder(
        config.out, overwrite=config.overwrite, mark="dataset.json", command="prepare"
    ) as folder:
        estimate: FlowEstimator = ESTIMATORS[config.flow]()
        from_folders = config.source.is_dir()
        if from_folders:
            materials, fps = _folder_materials(config), config.fps
        else:
            materials, fps = _video_material(config)
        sequences = [
            _write_sequence(folder, material, estimate, config, sheet=index == 0)
            for index, material in enumerate(materials)
        ]
        write_description(
            folder,
            task="edges_to_face",
            fps=fps,
            size=(config.size, config.size),
            detector="landmark files" if from_folders else config.detector,
            flow=config.flow,
            strides=config.strides,
            sequences={sequence.name: sequence._asdict() for sequence in sequences},
            annotations=["landmarks"],
        )
    return PrepareReport(config.out, sequences)


def _video_material(config: PrepareConfig) -> tuple[list[_Material], float]:
    find: FaceFinder = DETECTORS[config.detector]()
    video = read_video(config.source, max_frames=config.max_frames)
    check_length(config.source, len(video.frames))
    track = track_face(video.frames, find)
    return [_Material(config.source.stem, config.source.name, video.frames, track)], video.fps


def _folder_materials(config: PrepareConfig) -> list[_Material]:
    materials = []
    for name, files, landmarks, detected in read_folders(config.source, config.max_frames):
        check_length(config.source / "images" / name, len(files))
        track = Track(landmarks, detected, torch.zeros_like(detected))
        frames = torch.stack([read_frame(file) for file in files])
        materials.append(_Material(name, name, frames, track))
    return materials


def _write_sequence(
    folder: Path,
    material: _Material,
    estimate: FlowEstimator,
    config: PrepareConfig,
    *,
    sheet: bool,
) -> SequenceReport:
    name, track, size = material.name, material.track, (config.size, config.size)
    found = track.detected | track.recovered
    if int(found.sum()) < 3:
        raise ValueError(
            f"{config.source} must show a face: one was found in {int(found.sum())} of "
            f"{len(found)} frames; it should be upright, seen from the front and well lit"
        )
    kept, landmarks = fill_gaps(track.landmarks, found, config.missing)
    if config.smooth:
        landmarks = smooth_landmarks(landmarks)
    height, width = material.frames.shape[2:]
    crop = face_crop(landmarks, (height, width), margin=config.margin)
    landmarks = crop_points(landmarks, crop, size)
    frames = torch.stack([crop_frame(material.frames[t], crop, size) for t in kept])
    edges = face_edges(landmarks, size)
    write_frames(folder / "images" / name, frames)
    write_frames(folder / "conditions" / name, edges)
    write_landmarks(folder / "landmarks" / name, landmarks)
    flows = write_flows(folder, name, frames, estimate, config.strides)
    if sheet:
        write_frame(folder / "contact_sheet.png", contact_sheet(frames, edges, flows))
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


def _check(config: PrepareConfig) -> None:
    if config.size < 32:
        raise ValueError(f"prepare: size must be at least 32, got {config.size}")
    check_strides(config.strides)
    if config.margin < 0:
        raise ValueError(f"prepare: margin must be at least 0, got {config.margin}")
    if config.fps <= 0:
        raise ValueError(f"prepare: fps must be above 0, got {config.fps}")


def main(arguments: Sequence[str], prog: str) -> None:
    report = prepare(parse(PrepareConfig, arguments, prog, description=__doc__))
    for sequence in report.sequences:
        print(
            f"{report.folder}, {sequence.name}: {sequence.frames} frames; face found in "
            f"{sequence.detected}, recovered from a neighbor in {sequence.recovered}, "
            f"interpolated in {sequence.interpolated}; {sequence.dropped} frames dropped; crop of "
            f"{sequence.crop.height} pixels at x {sequence.crop.left}, y {sequence.crop.top}."
        )
    print(f"Look at {report.folder / 'contact_sheet.png'}.")
