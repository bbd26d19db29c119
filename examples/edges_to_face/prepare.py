"""Turn a video of a face into a data folder: frames, landmarks, edge drawings, reference flow.

python -m examples.edges_to_face.prepare VIDEO --out DATA
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from examples.edges_to_face.crop import face_crop
from examples.edges_to_face.face_track import smooth_landmarks, track_face
from examples.edges_to_face.landmarks import DlibLandmarks, FaceFinder, MediapipeLandmarks
from examples.vid2vid.cli import parse, run_cli
from examples.vid2vid.crop import Crop, crop_frame, crop_points
from examples.vid2vid.new_folder import new_folder
from examples.vid2vid.preparing import (
    ESTIMATORS,
    check_strides,
    contact_sheet,
    fill_gaps,
    write_flows,
)
from vidgan.conditions import face_edges
from vidgan.protocols import FlowEstimator
from vidgan.video import read_video, write_frame, write_frames

DETECTORS = {"dlib": DlibLandmarks, "mediapipe": MediapipeLandmarks}


@dataclass
class PrepareConfig:
    """How a video becomes a data folder."""

    video: Path
    """The video file, with one face in it."""
    out: Path = Path("data")
    """The data folder to write."""
    size: int = 128
    """Height and width of the frames written, in pixels."""
    detector: Literal["dlib", "mediapipe"] = "dlib"
    """Landmark detector: dlib as in the paper (weights for research use only), or MediaPipe."""
    missing: Literal["interpolate", "drop"] = "interpolate"
    """What becomes of frames in which no face is found."""
    margin: float = 0.3
    """Room around the face on every side, as a share of the face."""
    smooth: bool = False
    """Average the landmarks of each frame with those of the frames before and after."""
    flow: Literal["dis", "farneback", "raft"] = "dis"
    """Estimator of the reference flow."""
    strides: tuple[int, ...] = (1, 3, 9)
    """Frame distances for which reference flow is written."""
    max_frames: int | None = None
    """Read so many frames at most."""
    overwrite: bool = False
    """Replace the data folder if there is one."""


class PrepareReport(NamedTuple):
    """What was found and written."""

    folder: Path
    frames: int
    detected: int
    recovered: int
    interpolated: int
    dropped: int
    crop: Crop


def prepare(config: PrepareConfig) -> PrepareReport:
    """Write the data folder; nothing is left of it when an error or Ctrl-C stops the work."""
    _check(config)
    size = (config.size, config.size)
    name = config.video.stem
    with new_folder(config.out, overwrite=config.overwrite, mark="dataset.json") as folder:
        find: FaceFinder = DETECTORS[config.detector]()
        estimate: FlowEstimator = ESTIMATORS[config.flow]()
        video = read_video(config.video, max_frames=config.max_frames)
        if len(video.frames) < 3:
            raise ValueError(
                f"{config.video} must have at least 3 frames, got {len(video.frames)}; the first "
                "two are given to the generator, the others are what it learns from"
            )

        track = track_face(video.frames, find)
        found = track.detected | track.recovered
        if int(found.sum()) < 3:
            raise ValueError(
                f"{config.video} must show a face: one was found in {int(found.sum())} of "
                f"{len(found)} frames; it should be upright, seen from the front and well lit"
            )
        kept, landmarks = fill_gaps(track.landmarks, found, config.missing)
        if config.smooth:
            landmarks = smooth_landmarks(landmarks)

        crop = face_crop(landmarks, video.frames.shape[2:], margin=config.margin)
        landmarks = crop_points(landmarks, crop, size)
        frames = torch.stack([crop_frame(video.frames[t], crop, size) for t in kept])
        edges = face_edges(landmarks, size)
        write_frames(folder / "images" / name, frames)
        write_frames(folder / "conditions" / name, edges)
        write_landmarks(folder / "landmarks" / name, landmarks)
        flows = write_flows(folder, name, frames, estimate, config.strides)
        write_frame(folder / "contact_sheet.png", contact_sheet(frames, edges, flows))

        report = PrepareReport(
            folder=config.out,
            frames=len(kept),
            detected=int(track.detected.sum()),
            recovered=int(track.recovered.sum()),
            interpolated=len(kept) - int(found.sum()),
            dropped=len(found) - len(kept),
            crop=crop,
        )
        sequence = {**report._asdict(), "folder": name, "source": config.video.name}
        description = {
            "format": 1,
            "task": "edges_to_face",
            "fps": video.fps,
            "size": [config.size, config.size],
            "detector": config.detector,
            "flow": config.flow,
            "strides": [stride for stride in config.strides if stride < len(kept)],
            "sequences": {name: sequence},
        }
        (folder / "dataset.json").write_text(json.dumps(description, indent=2) + "\n")
    return report


def write_landmarks(folder: Path, landmarks: Tensor) -> None:
    """Write one JSON list of 68 [x, y] per frame."""
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


def main() -> None:
    report = prepare(parse(PrepareConfig, description=__doc__))
    print(
        f"{report.folder}: {report.frames} frames; face found in {report.detected}, recovered from "
        f"a neighbour in {report.recovered}, interpolated in {report.interpolated}; "
        f"{report.dropped} frames dropped; crop of {report.crop.height} pixels at x "
        f"{report.crop.left}, y {report.crop.top}. Look at {report.folder / 'contact_sheet.png'}."
    )


if __name__ == "__main__":
    run_cli(main)
