"""Turn a video of a person, or folders of frames and keypoints, into a data folder.

    python -m examples.pose_to_body prepare VIDEO --out DATA
    python -m examples.pose_to_body prepare FOLDER --out DATA

FOLDER contains images/SEQUENCE/FRAME.jpg and openpose/SEQUENCE/FRAME.json, and optionally
densepose/SEQUENCE/FRAME.png and instances/SEQUENCE/FRAME.png.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import InterpolationMode

from examples.pose_to_body.crop import crop_keypoints, person_crop
from examples.pose_to_body.people import MediapipePeople
from examples.pose_to_body.person_track import (
    PersonTrack,
    fill_pose_gaps,
    smooth_keypoints,
    track_person,
)
from examples.pose_to_body.sources import folder_reader, folder_track, open_folders
from examples.vid2vid.command_line import parse
from examples.vid2vid.contact_sheet import contact_sheet
from examples.vid2vid.preprocessing import (
    ESTIMATORS,
    Crop,
    check_length,
    check_strides,
    crop_frame,
    write_description,
    write_flows,
)
from vidgan.conditions import pose_skeleton, write_openpose
from vidgan.files import atomic_folder
from vidgan.protocols import FlowEstimator
from vidgan.video import read_video, write_frame, write_frames


@dataclass
class PrepareConfig:
    """Options of ``prepare``."""

    source: Path
    """A video file, or a folder with images, openpose and optionally densepose, instances."""
    out: Path = Path("data")
    """The data folder to write."""
    height: int = 128
    """Height of the frames written, in pixels."""
    width: int = 128
    """Width of the frames written, in pixels."""
    face: bool = False
    """Also find the 70 points of the face (video files)."""
    hands: bool = False
    """Also find the 21 points of each hand (video files)."""
    missing: Literal["interpolate", "drop"] = "interpolate"
    """How to handle frames in which the person is not found."""
    margin: float = 0.1
    """Room around the person on every side, as a fraction of its height."""
    smooth: bool = False
    """Average the keypoints of each frame with those of its neighbors in time."""
    fps: float = 25.0
    """Frames per second of folders; a video file states its own."""
    flow: Literal["dis", "farneback", "raft"] = "dis"
    """Estimator of the reference flow."""
    strides: tuple[int, ...] = (1, 3, 9)
    """Temporal strides for which reference flow is written."""
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
    interpolated: int
    dropped: int
    others: int
    """Number of frames in which somebody else was found, who was not followed."""
    crop: Crop


class PrepareReport(NamedTuple):
    """The data folder that was written, and its sequences."""

    folder: Path
    sequences: list[SequenceReport]


class _Material(NamedTuple):
    """One sequence before cropping; images are read when needed."""

    name: str
    source: str
    track: PersonTrack
    image: Callable[[int], Tensor]
    maps: dict[str, Callable[[int], Tensor]]
    size: tuple[int, int]


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
        maps = [kind for kind in ("densepose", "instances") if (folder / kind).is_dir()]
        write_description(
            folder,
            task="pose_to_body",
            fps=fps,
            size=(config.height, config.width),
            detector="openpose files" if from_folders else "mediapipe",
            flow=config.flow,
            strides=config.strides,
            sequences={sequence.name: sequence._asdict() for sequence in sequences},
            annotations=["keypoints", *maps],
            densepose="densepose" in maps,
        )
    return PrepareReport(config.out, sequences)


def _video_material(config: PrepareConfig) -> tuple[list[_Material], float]:
    find = MediapipePeople(face=config.face, hands=config.hands)
    video = read_video(config.source, max_frames=config.max_frames)
    track = track_person(video.frames, find)
    height, width = video.frames.shape[2:]
    frames, name = video.frames, config.source.stem
    material = _Material(
        name, config.source.name, track, lambda index: frames[index], {}, (height, width)
    )
    return [material], video.fps


def _folder_materials(config: PrepareConfig) -> list[_Material]:
    return [
        _Material(
            sequence.name,
            sequence.name,
            folder_track(sequence, config.max_frames),
            folder_reader(sequence.images),
            {kind: folder_reader(files, kind) for kind, files in sequence.maps.items()},
            sequence.size,
        )
        for sequence in open_folders(config.source)
    ]


def _write_sequence(
    folder: Path,
    material: _Material,
    estimate: FlowEstimator,
    config: PrepareConfig,
    *,
    sheet: bool,
) -> SequenceReport:
    name, found, size = material.name, material.track.found, (config.height, config.width)
    _check_found(material)
    kept, keypoints = fill_pose_gaps(material.track.keypoints, found, config.missing)
    if config.smooth:
        keypoints = smooth_keypoints(keypoints)
    crop = person_crop(keypoints, material.size, size, margin=config.margin)
    keypoints = crop_keypoints(keypoints, crop, size)
    frames = torch.stack([crop_frame(material.image(t), crop, size) for t in kept])
    skeletons = pose_skeleton(keypoints, size)
    write_frames(folder / "images" / name, frames)
    write_frames(folder / "conditions" / name, skeletons)
    (folder / "keypoints" / name).mkdir(parents=True)
    for t, points in enumerate(keypoints):
        write_openpose(folder / "keypoints" / name / f"{t:05d}.json", points)
    for kind, read in material.maps.items():
        nearest = InterpolationMode.NEAREST
        cropped = (crop_frame(read(t), crop, size, interpolation=nearest) for t in kept)
        write_frames(folder / kind / name, cropped)
    flows = write_flows(folder, name, frames, estimate, config.strides)
    if sheet:
        write_frame(folder / "contact_sheet.png", contact_sheet(frames, skeletons, flows))
    return SequenceReport(
        name=name,
        source=material.source,
        frames=len(kept),
        detected=int(found.sum()),
        interpolated=len(kept) - int(found.sum()),
        dropped=len(found) - len(kept),
        others=int(material.track.others.sum()),
        crop=crop,
    )


def _check_found(material: _Material) -> None:
    found = material.track.found
    check_length(material.source, len(found))
    if int(found.sum()) < 3:
        raise ValueError(
            f"{material.source} must show a person: one was found in {int(found.sum())} of "
            f"{len(found)} frames; most of its body should be in the picture, upright and well lit"
        )


def _check(config: PrepareConfig) -> None:
    for name, side in (("height", config.height), ("width", config.width)):
        if side < 32:
            raise ValueError(f"prepare: {name} must be at least 32, got {side}")
    check_strides(config.strides)
    if config.margin < 0:
        raise ValueError(f"prepare: margin must be at least 0, got {config.margin}")
    if config.max_frames is not None and config.max_frames < 1:
        raise ValueError(f"prepare: max_frames must be at least 1, got {config.max_frames}")
    if config.fps <= 0:
        raise ValueError(f"prepare: fps must be above 0, got {config.fps}")


def main(arguments: Sequence[str], prog: str) -> None:
    report = prepare(parse(PrepareConfig, arguments, prog, description=__doc__))
    for sequence in report.sequences:
        print(
            f"{report.folder}, {sequence.name}: {sequence.frames} frames; person found in "
            f"{sequence.detected}, interpolated in {sequence.interpolated}; {sequence.dropped} "
            f"frames dropped; crop of {sequence.crop.width} x {sequence.crop.height} pixels at x "
            f"{sequence.crop.left}, y {sequence.crop.top}."
            + (
                f" Somebody else was found in {sequence.others} frames; the largest person is "
                "followed."
                if sequence.others
                else ""
            )
        )
    print(f"Look at {report.folder / 'contact_sheet.png'}.")
