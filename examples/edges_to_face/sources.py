"""Sources of frames and landmarks: folders of images and of landmark files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from examples.preparation.missing_frames import fill_gaps
from examples.preparation.point_sources import find_unpaired, pixel_converter
from vidgan.conditions import NUM_LANDMARKS
from vidgan.data import ImageStream, PointStream
from vidgan.video import image_size


class FaceSequence(NamedTuple):
    """One sequence of a folder with images and landmarks.

    Attributes:
        name: name of the sequence.
        images: files of the frames, all of one size.
        landmarks: (T, 68, 2) in pixels; 0 where no face was found.
        detected: (T,) bool, whether the landmark file has a face.
        size: (H, W) of the frames.
    """

    name: str
    images: list[Path]
    landmarks: Tensor
    detected: Tensor
    size: tuple[int, int]


def read_folders(source: Path, max_frames: int | None, notes: list[str]) -> list[FaceSequence]:
    """Read images/SEQUENCE/FRAME.jpg and landmarks/SEQUENCE/FRAME.json; images by name only.

    Landmarks may have the other formats of `vidgan.data.PointStream`, and be shares of the frame,
    which are converted to pixels. Points of confidence 0 are interpolated in time.

    Args:
        source: the folder.
        max_frames: read the first so many frames of each sequence.
        notes: what the user should know is added to these.

    Raises:
        FileNotFoundError: ``images`` or ``landmarks`` is missing.
        ValueError: files have no counterpart, images have different sizes, a landmark file has
            another number of points, or points are in no unit that is known.
    """
    for kind in ("images", "landmarks"):
        if not (source / kind).is_dir():
            raise FileNotFoundError(
                f"{source} must contain the folders images and landmarks, each with one "
                f"folder per sequence; it has no {kind}"
            )
    stream = PointStream(source / "landmarks")
    sequences = []
    for name, files in ImageStream(source / "images").files.items():
        partners = stream.files.get(name, [])
        is_array = len({*partners}) == 1 < len(partners) == len(files)
        if not is_array and (
            unpaired := find_unpaired(name, {"images": files, "landmarks": partners}, notes)
        ):
            raise ValueError(
                f"{source}: images/{name} and landmarks/{name} must have one file for each frame, "
                f"got {len(files)} and {len(partners)}; {unpaired[1]} is in one of them alone"
            )
        images = files[:max_frames]
        size = _common_size(images)
        points = [stream.find(name, index) for index in range(len(images))]
        landmarks, detected = _fill(source, name, points, notes)
        convert = pixel_converter(landmarks[detected], size, partners[0], name, notes)
        sequences.append(FaceSequence(name, images, convert(landmarks), detected, size))
    return sequences


def _common_size(images: list[Path]) -> tuple[int, int]:
    first = image_size(images[0])
    for file in images:
        if (size := image_size(file)) != first:
            raise ValueError(
                f"{file} must have the size (H, W) = {first} of {images[0].name}, got {size}"
            )
    return first


def _fill(
    source: Path, name: str, frames: list[Tensor | None], notes: list[str]
) -> tuple[Tensor, Tensor]:
    """Stack the points of all frames, (T, 68, 2), and interpolate those of confidence 0."""
    if wrong := {len(points) for points in frames if points is not None} - {NUM_LANDMARKS}:
        raise ValueError(
            f"{source}: landmarks/{name} must have {NUM_LANDMARKS} points per frame, "
            f"got {min(wrong)}"
        )
    landmarks = torch.zeros(len(frames), NUM_LANDMARKS, 2)
    counts = torch.zeros(len(frames), NUM_LANDMARKS, dtype=torch.bool)
    for time, points in enumerate(frames):
        if points is not None:
            landmarks[time] = points[:, :2]
            counts[time] = points[:, 2] > 0 if points.shape[1] == 3 else True
    detected = counts.any(1)
    never = (~counts.any(0)).nonzero().flatten().tolist()
    if never and bool(detected.any()):
        raise ValueError(
            f"{source}: landmarks/{name} must have every point in one frame at least, got "
            f"confidence 0 for point {never[0]} in all of them"
        )
    lost = int((detected[:, None] & ~counts).any(1).sum())
    if lost:
        notes.append(f"{name}: points of confidence 0 are interpolated in {lost} frames")
        for point in range(NUM_LANDMARKS):
            landmarks[:, [point]] = fill_gaps(landmarks[:, [point]], counts[:, point])
    return landmarks, detected
