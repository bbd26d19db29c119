"""Writes one sequence of a person into a data folder: a steady crop, keypoints, frames and flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from torch import Tensor
from torchvision.transforms.v2.functional import InterpolationMode

from examples.pose_to_body.crop import crop_keypoints, person_crop
from examples.pose_to_body.person_track import PersonTrack, fill_pose_gaps, smooth_keypoints
from examples.preparation.missing_frames import MissingFrames, Stretch, check_names, stretches
from examples.preparation.preprocessing import (
    Crop,
    check_crop,
    check_found,
    crop_frame,
    select,
)
from examples.preparation.sequence_writer import write_frames_and_flow
from vidgan.conditions import pose_skeleton, write_openpose
from vidgan.protocols import FlowEstimator
from vidgan.video import write_frames


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
    jumps: int
    """Number of frames in which the person may be another one than before."""
    crop: Crop


class PersonMaterial(NamedTuple):
    """One sequence before cropping.

    Attributes:
        name: name of the sequence.
        source: where it is from, in words.
        track: the keypoints of the person.
        frames: gives uint8 frames (3, H, W) one after the other.
        maps: kind ("densepose", "instances") -> gives its maps one after the other.
        size: (H, W) of the frames.
    """

    name: str
    source: str
    track: PersonTrack
    frames: Callable[[], Iterator[Tensor]]
    maps: dict[str, Callable[[], Iterator[Tensor]]]
    size: tuple[int, int]


def write_sequence(
    folder: Path,
    material: PersonMaterial,
    estimate: FlowEstimator,
    *,
    size: tuple[int, int],
    margin: float,
    missing: MissingFrames,
    smooth: bool,
    strides: Sequence[int],
) -> list[SequenceReport]:
    """Crop a sequence to the person and write it, in parts if frames are dropped.

    Args:
        folder: the data folder.
        material: the sequence.
        estimate: the flow estimator.
        size: (H, W) of the frames written.
        margin: as in `person_crop`.
        missing: as in `stretches`.
        smooth: average the keypoints over three frames.
        strides: temporal strides of the reference flow.

    Raises:
        ValueError: a sequence of one of the names is written already.
        UnusableSequenceError: too few frames show the person, or too few in a row.
    """
    found = material.track.found
    advice = "most of its body should be in the picture, upright and well lit"
    check_found(material.source, "a person", found, advice)
    parts = stretches(material.name, material.source, found, missing)
    check_names(folder, parts)
    kept = [t for part in parts for t in part.frames]
    keypoints = fill_pose_gaps(material.track.keypoints, found)
    crop = person_crop(keypoints[kept], material.size, size, margin=margin)
    check_crop(material.source, "person", crop)
    frames = (crop_frame(frame, crop, size) for frame in select(material.frames(), kept))
    nearest = partial(crop_frame, crop=crop, size=size, interpolation=InterpolationMode.NEAREST)
    maps = {kind: map(nearest, select(read(), kept)) for kind, read in material.maps.items()}
    reports = []
    for part in parts:
        points, length = keypoints[part.frames.start : part.frames.stop], len(part.frames)
        if smooth:
            points = smooth_keypoints(points)
        points = crop_keypoints(points, crop, size)
        (folder / "keypoints" / part.name).mkdir(parents=True)
        for t, pose in enumerate(points):
            write_openpose(folder / "keypoints" / part.name / f"{t:05d}.json", pose)
        for kind, rest in maps.items():
            write_frames(folder / kind / part.name, islice(rest, length))
        pairs = zip(islice(frames, length), (pose_skeleton(p, size) for p in points), strict=True)
        write_frames_and_flow(folder, part.name, pairs, length, estimate, strides)
        reports.append(_report(part, material.track, crop))
    return reports


def _report(part: Stretch, track: PersonTrack, crop: Crop) -> SequenceReport:
    seen = PersonTrack(*(values[part.frames.start : part.frames.stop] for values in track))
    detected = int(seen.found.sum())
    return SequenceReport(
        name=part.name,
        source=part.source,
        frames=len(part.frames),
        detected=detected,
        interpolated=len(part.frames) - detected,
        dropped=part.dropped,
        others=int(seen.others.sum()),
        jumps=int(seen.jumps.sum()),
        crop=crop,
    )
