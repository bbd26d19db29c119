"""Turn a video of a face into a data folder: frames, landmarks, edge drawings, reference flow.

python -m examples.edges_to_face.prepare VIDEO --out DATA
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torchvision.utils import make_grid

from examples.edges_to_face.crop import Crop, crop_frame, crop_landmarks, face_crop
from examples.edges_to_face.landmarks import DlibLandmarks, Track, track_face
from examples.vid2vid.cli import run_cli
from vidgan.conditions import face_edges
from vidgan.estimators import DISFlow, FarnebackFlow, RAFTFlow, write_flow
from vidgan.functional import flow_to_colour
from vidgan.protocols import FlowEstimator
from vidgan.video import read_video, to_float, to_uint8, write_frame, write_frames


@dataclass
class PrepareConfig:
    """How a video becomes a data folder."""

    video: Path
    """The video file, with one face in it."""
    out: Path
    """The data folder to write."""
    size: int = 128
    """Height and width of the frames written, in pixels."""
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
    video = read_video(config.video, max_frames=config.max_frames)
    if len(video.frames) < 3:
        raise ValueError(
            f"prepare: video must have at least 3 frames, got {len(video.frames)} in {config.video}"
        )
    with _new_folder(config.out, overwrite=config.overwrite) as folder:
        track = track_face(video.frames, DlibLandmarks())
        found = track.detected | track.recovered
        if int(found.sum()) < 3:
            raise ValueError(
                f"prepare: no face in {config.video}: found in {int(found.sum())} of "
                f"{len(found)} frames; give a video whose face is upright and seen from the front"
            )
        kept, landmarks = _without_gaps(track, config.missing)
        landmarks = smooth_landmarks(landmarks) if config.smooth else landmarks
        crop = face_crop(landmarks, video.frames.shape[2:], margin=config.margin)
        landmarks = crop_landmarks(landmarks, crop, config.size)
        frames = torch.stack([crop_frame(video.frames[t], crop, config.size) for t in kept])
        name = config.video.stem
        edges = face_edges(landmarks, (config.size, config.size))
        write_frames(folder / "images" / name, frames)
        write_frames(folder / "conditions" / name, edges)
        _write_landmarks(folder / "landmarks" / name, landmarks)
        flows = _write_flows(folder, name, frames, config)
        write_frame(folder / "contact_sheet.png", contact_sheet(frames, edges, flows))
        interpolated = int((~found).sum()) if config.missing == "interpolate" else 0
        report = PrepareReport(
            config.out, len(frames), int(track.detected.sum()), int(track.recovered.sum()),
            interpolated, len(found) - len(frames), crop,
        )
        _write_description(folder, name, report, config, video.fps)
    return report


def smooth_landmarks(landmarks: Tensor) -> Tensor:
    """Average each frame's landmarks (T, 68, 2) with its two neighbours', where there are two."""
    smooth = landmarks.clone()
    smooth[1:-1] = (landmarks[:-2] + landmarks[1:-1] + landmarks[2:]) / 3
    return smooth


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


def _without_gaps(track: Track, missing: str) -> tuple[list[int], Tensor]:
    """Indices of the frames to keep, and their landmarks with the gaps filled."""
    found = (track.detected | track.recovered).nonzero().flatten()
    if missing == "drop":
        return found.tolist(), track.landmarks[found]
    every = torch.arange(len(track.landmarks))
    after = torch.searchsorted(found, every).clamp(max=len(found) - 1)
    before = (torch.searchsorted(found, every, right=True) - 1).clamp(min=0)
    first, last = found[before], found[after]
    share = ((every - first) / (last - first).clamp(min=1)).clamp(0, 1)[:, None, None]
    return every.tolist(), torch.lerp(track.landmarks[first], track.landmarks[last], share)


def _write_flows(folder: Path, name: str, frames: Tensor, config: PrepareConfig) -> Tensor:
    """Write flow and confidence of every stride; return the flows of stride 1, (T-1, 2, H, W)."""
    estimators = {"dis": DISFlow, "farneback": FarnebackFlow, "raft": RAFTFlow}
    estimate: FlowEstimator = estimators[config.flow]()
    images = to_float(frames)
    neighbours = []
    for stride in config.strides:
        flows = folder / "flow" / f"stride{stride}" / name
        confidences = folder / "confidence" / f"stride{stride}" / name
        flows.mkdir(parents=True)
        confidences.mkdir(parents=True)
        for t in range(stride, len(images)):
            flow, confidence = estimate(images[t : t + 1], images[t - stride : t - stride + 1])
            write_flow(flows / f"{t:05d}.flo", flow[0])
            write_frame(confidences / f"{t:05d}.png", to_uint8(confidence[0] * 2 - 1))
            if stride == 1:
                neighbours.append(flow[0])
    return torch.stack(neighbours)


def _write_landmarks(folder: Path, landmarks: Tensor) -> None:
    folder.mkdir(parents=True)
    for t, points in enumerate(landmarks.tolist()):
        rounded = [[round(x, 2), round(y, 2)] for x, y in points]
        (folder / f"{t:05d}.json").write_text(json.dumps(rounded))


def _write_description(
    folder: Path, name: str, report: PrepareReport, config: PrepareConfig, fps: float
) -> None:
    sequence = {
        "frames": report.frames, "detected": report.detected, "recovered": report.recovered,
        "interpolated": report.interpolated, "dropped": report.dropped,
        "source": config.video.name, "crop": list(report.crop),
    }
    description = {
        "format": 1, "task": "edges_to_face", "fps": fps, "size": [config.size] * 2,
        "flow": config.flow, "strides": list(config.strides), "sequences": {name: sequence},
    }
    (folder / "dataset.json").write_text(json.dumps(description, indent=2) + "\n")


@contextmanager
def _new_folder(out: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a temporary folder beside ``out`` that takes its name if the block succeeds."""
    if out.exists() and not overwrite:
        raise FileExistsError(f"prepare: {out} exists; give another --out, or --overwrite")
    temporary = out.parent / f".{out.name}.{secrets.token_hex(4)}.part"
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if out.exists():
            shutil.rmtree(out)
        temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def main() -> None:
    import tyro  # an extra

    report = prepare(tyro.cli(PrepareConfig))
    print(report)


if __name__ == "__main__":
    run_cli(main)
