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
from torchvision.utils import make_grid

from examples.edges_to_face.crop import Crop, crop_frame, crop_landmarks, face_crop
from examples.edges_to_face.face_track import fill_gaps, smooth_landmarks, track_face
from examples.edges_to_face.landmarks import DlibLandmarks, FaceFinder, MediapipeLandmarks
from examples.edges_to_face.new_folder import new_folder
from examples.vid2vid.cli import parse, require, run_cli
from vidgan.conditions import face_edges
from vidgan.estimators import DISFlow, FarnebackFlow, RAFTFlow, write_flow
from vidgan.functional import flow_to_colour
from vidgan.protocols import FlowEstimator
from vidgan.video import read_video, to_float, to_uint8, write_frame, write_frames

DETECTORS = {"dlib": DlibLandmarks, "mediapipe": MediapipeLandmarks}
ESTIMATORS = {"dis": DISFlow, "farneback": FarnebackFlow, "raft": RAFTFlow}


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
        landmarks = crop_landmarks(landmarks, crop, config.size)
        frames = torch.stack([crop_frame(video.frames[t], crop, config.size) for t in kept])
        edges = face_edges(landmarks, (config.size, config.size))
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


def write_flows(
    folder: Path, name: str, frames: Tensor, estimate: FlowEstimator, strides: tuple[int, ...]
) -> Tensor:
    """Write flow and confidence of every stride; return the flows of stride 1, (T-1, 2, H, W)."""
    images = to_float(frames)
    neighbours = []
    pairs = [(t, stride) for stride in strides for t in range(stride, len(images))]
    for t, stride in require("tqdm").tqdm(pairs, "reference flow", disable=None):
        flow_folder = folder / "flow" / f"stride{stride}" / name
        confidence_folder = folder / "confidence" / f"stride{stride}" / name
        flow_folder.mkdir(parents=True, exist_ok=True)
        confidence_folder.mkdir(parents=True, exist_ok=True)
        with torch.inference_mode():
            flow, confidence = estimate(images[t, None], images[t - stride, None])
        write_flow(flow_folder / f"{t:05d}.flo", flow[0])
        write_frame(confidence_folder / f"{t:05d}.png", to_uint8(confidence[0] * 2 - 1))
        if stride == 1:
            neighbours.append(flow[0])
    return torch.stack(neighbours)


def contact_sheet(frames: Tensor, edges: Tensor, flows: Tensor, *, columns: int = 8) -> Tensor:
    """Lay out frames, their edges and their flow in three rows: uint8 (3, H', W')."""
    picks = torch.linspace(1, len(frames) - 1, columns).round().long()
    rows = [frames[picks], edges[picks].expand(-1, 3, -1, -1)]
    rows.append((flow_to_colour(flows[picks - 1]) * 255).round().to(torch.uint8))
    return make_grid(torch.cat(rows), nrow=columns, padding=2)


def _check(config: PrepareConfig) -> None:
    if config.size < 32:
        raise ValueError(f"prepare: size must be at least 32, got {config.size}")
    if not config.strides or min(config.strides) < 1 or 1 not in config.strides:
        raise ValueError(f"prepare: strides must be positive and hold 1, got {config.strides}")
    if config.margin < 0:
        raise ValueError(f"prepare: margin must be at least 0, got {config.margin}")


def main() -> None:
    report = prepare(parse(PrepareConfig, description=__doc__))
    print(
        f"{report.folder}: {report.frames} frames; face found in {report.detected}, recovered from "
        f"a neighbour in {report.recovered}, interpolated in {report.interpolated}; "
        f"{report.dropped} frames dropped; crop of {report.crop.side} pixels at x "
        f"{report.crop.left}, y {report.crop.top}. Look at {report.folder / 'contact_sheet.png'}."
    )


if __name__ == "__main__":
    run_cli(main)
