"""Turn a video of a face, or folders of frames and landmarks, into a data folder.

    python -m examples.edges_to_face prepare VIDEO --out DATA
    python -m examples.edges_to_face prepare FOLDER --out DATA

FOLDER contains images/SEQUENCE/FRAME.jpg and landmarks/SEQUENCE/FRAME.json (68 [x, y] each), or
video files. Every video becomes a sequence, and is split at its cuts and pauses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import torch

from examples.edges_to_face.face_sequence import FaceMaterial, SequenceReport, write_sequence
from examples.edges_to_face.face_track import Track, track_face
from examples.edges_to_face.landmarks import FaceFinder, open_detector
from examples.edges_to_face.sources import read_folders
from examples.preparation.missing_frames import MissingFrames
from examples.preparation.preprocessing import (
    ESTIMATORS,
    MIN_FRAMES,
    check_strides,
    write_description,
    write_usable,
)
from examples.preparation.video_pieces import (
    ScannedVideo,
    VideoFrames,
    find_videos,
    name_parts,
    scan_videos,
    video_notes,
)
from examples.vid2vid.command_line import parse
from vidgan.data import split_at_gaps
from vidgan.files import atomic_folder
from vidgan.protocols import FlowEstimator
from vidgan.video import read_frame


@dataclass
class PrepareConfig:
    """Options of ``prepare``."""

    source: Path
    """A video file with one face, a folder of them, or a folder with images and landmarks."""
    out: Path = Path("data")
    """The data folder to write."""
    size: int = 128
    """Height and width of the frames written, in pixels."""
    detector: Literal["dlib", "mediapipe", "rtmlib"] = "dlib"
    """Landmark detector: dlib as in the paper (weights for research only), MediaPipe, or rtmlib."""
    detector_weights: Path | None = None
    """Folder with rtmlib's two ONNX files; default: its cache, or downloaded."""
    missing: MissingFrames = "interpolate"
    """Interpolate frames without a face, or drop them, which splits the sequence there."""
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
    """Maximum number of frames to read from each video or sequence."""
    cuts: bool = True
    """Split videos at cuts."""
    overwrite: bool = False
    """Replace the data folder if it exists."""


class PrepareReport(NamedTuple):
    """The data folder that was written, its sequences, and what the user should know."""

    folder: Path
    sequences: list[SequenceReport]
    notes: list[str]


def prepare(config: PrepareConfig) -> PrepareReport:
    """Write the data folder; an error or Ctrl-C leaves nothing behind."""
    _check(config)
    with atomic_folder(
        config.out, overwrite=config.overwrite, mark="dataset.json", command="prepare"
    ) as folder:
        estimate: FlowEstimator = ESTIMATORS[config.flow]()
        videos = find_videos(config.source, unless="images")
        materials: Iterable[FaceMaterial]
        notes: list[str] = []
        if videos:
            find: FaceFinder = open_detector(config.detector, config.detector_weights)
            scanned = scan_videos(videos, max_frames=config.max_frames, cuts=config.cuts)
            materials, fps = _video_materials(scanned, find), scanned[0].fps
            notes += video_notes(scanned)
        else:
            materials, fps = _folder_materials(config, notes), config.fps
        write = partial(
            write_sequence,
            folder,
            estimate=estimate,
            size=config.size,
            margin=config.margin,
            missing=config.missing,
            smooth=config.smooth,
            strides=config.strides,
        )
        sequences, left_out = write_usable(materials, write)
        write_description(
            folder,
            task="edges_to_face",
            fps=fps,
            size=(config.size, config.size),
            detector=config.detector if videos else "landmark files",
            flow=config.flow,
            strides=config.strides,
            sequences={sequence.name: sequence._asdict() for sequence in sequences},
            annotations=["landmarks"],
        )
    return PrepareReport(config.out, sequences, notes + left_out)


def _video_materials(videos: Sequence[ScannedVideo], find: FaceFinder) -> Iterator[FaceMaterial]:
    """Track the face through all pieces of a video, then give them out to be written."""
    for video in videos:
        frames, pieces = VideoFrames(video.path), video.pieces()
        tracks = [
            track_face(frames.part(piece), find, total=piece.stop - piece.start) for piece in pieces
        ]
        for piece, track in zip(pieces, tracks, strict=True):
            read = partial(frames.part, piece)
            yield FaceMaterial(piece.name, piece.source, track, read, video.size)


def _folder_materials(config: PrepareConfig, notes: list[str]) -> Iterator[FaceMaterial]:
    for sequence in read_folders(config.source, config.max_frames, notes):
        start = 0
        for name, source, files in name_parts(sequence.name, split_at_gaps(sequence.images)):
            part = slice(start, start + len(files))
            seen = sequence.detected[part]
            track = Track(sequence.landmarks[part], seen, torch.zeros_like(seen))
            yield FaceMaterial(name, source, track, partial(map, read_frame, files), sequence.size)
            start = part.stop


def _check(config: PrepareConfig) -> None:
    if config.size < 32:
        raise ValueError(f"prepare: size must be at least 32, got {config.size}")
    check_strides(config.strides)
    if config.margin < 0:
        raise ValueError(f"prepare: margin must be at least 0, got {config.margin}")
    if config.max_frames is not None and config.max_frames < MIN_FRAMES:
        raise ValueError(
            f"prepare: max_frames must be at least {MIN_FRAMES}, got {config.max_frames}"
        )
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
    for note in report.notes:
        print(f"{note}.")
    print(f"Look at {report.folder / 'contact_sheet.png'}.")
