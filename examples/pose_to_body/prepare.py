"""Turn a video of a person, or folders of frames and keypoints, into a data folder.

    python -m examples.pose_to_body prepare VIDEO --out DATA
    python -m examples.pose_to_body prepare VIDEO --keypoints OPENPOSE --out DATA
    python -m examples.pose_to_body prepare FOLDER --out DATA

FOLDER contains images/SEQUENCE/FRAME.jpg and openpose/SEQUENCE/FRAME.json, and optionally
densepose/SEQUENCE/FRAME.png and instances/SEQUENCE/FRAME.png; or video files. Every video becomes
a sequence, and is split at its cuts and pauses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

from torch import Tensor

from examples.pose_to_body.detectors import DetectorName, open_detector
from examples.pose_to_body.person_sequence import PersonMaterial, SequenceReport, write_sequence
from examples.pose_to_body.person_track import PersonTrack
from examples.pose_to_body.sources import folder_reader, folder_track, open_folders
from examples.pose_to_body.video_sequences import find_people, read_people
from examples.preparation.missing_frames import MissingFrames
from examples.preparation.preprocessing import (
    ESTIMATORS,
    MIN_FRAMES,
    check_strides,
    write_description,
    write_usable,
)
from examples.preparation.video_pieces import (
    find_videos,
    name_parts,
    scan_videos,
    video_notes,
)
from examples.vid2vid.command_line import parse
from vidgan.data import split_at_gaps
from vidgan.files import atomic_folder


@dataclass
class PrepareConfig:
    """Options of ``prepare``."""

    source: Path
    """A video file, a folder of them, or a folder with images, openpose and optionally densepose,
    instances."""
    out: Path = Path("data")
    """The data folder to write."""
    height: int = 128
    """Height of the frames written, in pixels."""
    width: int = 128
    """Width of the frames written, in pixels."""
    detector: DetectorName = "auto"
    """Detector of people in videos: rtmlib, MediaPipe, or rtmlib where its weights are at hand."""
    detector_weights: Path | None = None
    """Folder with rtmlib's two ONNX files; default: its cache, or downloaded."""
    face: bool = False
    """Also find the 70 points of the face (video files)."""
    hands: bool = False
    """Also find the 21 points of each hand (video files)."""
    missing: MissingFrames = "interpolate"
    """Interpolate frames without the person, or drop them, which splits the sequence there."""
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
    """Maximum number of frames to read from each video or sequence."""
    cuts: bool = True
    """Split videos at cuts."""
    keypoints: Path | None = None
    """Folder with one OpenPose file per frame of the video, used instead of a detector."""
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
        write = partial(
            write_sequence,
            folder,
            estimate=ESTIMATORS[config.flow](),
            size=(config.height, config.width),
            margin=config.margin,
            missing=config.missing,
            smooth=config.smooth,
            strides=config.strides,
        )
        materials, fps, detector, notes = _open_source(config)
        sequences, left_out = write_usable(materials, write)
        maps = [kind for kind in ("densepose", "instances") if (folder / kind).is_dir()]
        write_description(
            folder,
            task="pose_to_body",
            fps=fps,
            size=(config.height, config.width),
            detector=detector,
            flow=config.flow,
            strides=config.strides,
            sequences={sequence.name: sequence._asdict() for sequence in sequences},
            annotations=["keypoints", *maps],
            densepose="densepose" in maps,
        )
    return PrepareReport(config.out, sequences, notes + left_out)


def _open_source(
    config: PrepareConfig,
) -> tuple[Iterable[PersonMaterial], float, str, list[str]]:
    """Return the sequences, their frame rate, what detects keypoints, and notes."""
    videos = find_videos(config.source, unless="images")
    notes: list[str] = []
    if not videos:
        if config.keypoints:
            raise ValueError(
                f"prepare: keypoints is for videos; {config.source} contains none, and a folder of "
                "images has its keypoints in openpose/"
            )
        return _folder_materials(config, notes), config.fps, "openpose files", notes
    scan = partial(scan_videos, videos, max_frames=config.max_frames, cuts=config.cuts)
    if config.keypoints:
        scanned, name = scan(), "openpose files"
        whole = config.max_frames is None
        materials = read_people(scanned, config.keypoints, whole=whole, notes=notes)
    else:
        detector = open_detector(
            config.detector, face=config.face, hands=config.hands, weights=config.detector_weights
        )
        notes += [detector.note] if detector.note else []
        scanned, name = scan(), detector.name
        materials = find_people(scanned, detector.find)
    notes += video_notes(scanned)
    return materials, scanned[0].fps, name, notes


def _folder_materials(config: PrepareConfig, notes: list[str]) -> Iterator[PersonMaterial]:
    for sequence in open_folders(config.source, notes):
        track = folder_track(sequence, config.max_frames, notes)
        parts = split_at_gaps(sequence.images[: config.max_frames])
        start = 0
        for name, source, images in name_parts(sequence.name, parts):
            stop = start + len(images)
            yield PersonMaterial(
                name,
                source,
                PersonTrack(*(values[start:stop] for values in track)),
                _reading(images, "images"),
                {kind: _reading(files[start:stop], kind) for kind, files in sequence.maps.items()},
                sequence.size,
            )
            start = stop


def _reading(files: list[Path], kind: str) -> Callable[[], Iterator[Tensor]]:
    return partial(map, folder_reader(files, kind), range(len(files)))


def _check(config: PrepareConfig) -> None:
    for name, side in (("height", config.height), ("width", config.width)):
        if side < 32:
            raise ValueError(f"prepare: {name} must be at least 32, got {side}")
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
            + (
                f" That person jumps in {sequence.jumps} frames: check that it is the same one."
                if sequence.jumps
                else ""
            )
        )
    for note in report.notes:
        print(f"{note}.")
    print(f"Look at {report.folder / 'contact_sheet.png'}.")
