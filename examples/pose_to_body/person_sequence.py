"""Writes one sequence of a person into a data folder: a steady crop, keypoints, frames and flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from torch import Tensor
from torchvision.transforms.v2.functional import InterpolationMode

from examples.pose_to_body.crop import crop_keypoints, person_crop
from examples.pose_to_body.person_track import PersonTrack, fill_pose_gaps, smooth_keypoints
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
    missing: str,
    smooth: bool,
    strides: Sequence[int],
) -> SequenceReport:
    """Crop a sequence to the person and write it.

    Args:
        folder: the data folder.
        material: the sequence.
        estimate: the flow estimator.
        size: (H, W) of the frames written.
        margin: as in `person_crop`.
        missing: as in `fill_gaps`.
        smooth: average the keypoints over three frames.
        strides: temporal strides of the reference flow.

    Raises:
        UnusableSequenceError: too few frames show the person.
    """
    name, found = material.name, material.track.found
    advice = "most of its body should be in the picture, upright and well lit"
    check_found(material.source, "a person", found, advice)
    kept, keypoints = fill_pose_gaps(material.track.keypoints, found, missing)
    if smooth:
        keypoints = smooth_keypoints(keypoints)
    crop = person_crop(keypoints, material.size, size, margin=margin)
    check_crop(material.source, "person", crop)
    keypoints = crop_keypoints(keypoints, crop, size)
    (folder / "keypoints" / name).mkdir(parents=True)
    for t, points in enumerate(keypoints):
        write_openpose(folder / "keypoints" / name / f"{t:05d}.json", points)
    for kind, read in material.maps.items():
        nearest = InterpolationMode.NEAREST
        maps = (crop_frame(m, crop, size, interpolation=nearest) for m in select(read(), kept))
        write_frames(folder / kind / name, maps)
    frames = (crop_frame(frame, crop, size) for frame in select(material.frames(), kept))
    skeletons = (pose_skeleton(points, size) for points in keypoints)
    pairs = zip(frames, skeletons, strict=True)
    write_frames_and_flow(folder, name, pairs, len(kept), estimate, strides)
    return SequenceReport(
        name=name,
        source=material.source,
        frames=len(kept),
        detected=int(found.sum()),
        interpolated=len(kept) - int(found.sum()),
        dropped=len(found) - len(kept),
        others=int(material.track.others.sum()),
        jumps=int(material.track.jumps.sum()),
        crop=crop,
    )
