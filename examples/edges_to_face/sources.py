"""Sources of frames and landmarks: folders of images and of landmark files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from vidgan.conditions import NUM_LANDMARKS
from vidgan.data import ImageStream, PointStream, read_points
from vidgan.video import image_size


class FaceSequence(NamedTuple):
    """One sequence of a folder with images and landmarks.

    Attributes:
        name: name of the sequence.
        images: files of the frames, all of one size.
        landmarks: (T, 68, 2) in pixels; 0 where no face was found.
        detected: (T,) bool, whether the landmark file has a face.
    """

    name: str
    images: list[Path]
    landmarks: Tensor
    detected: Tensor


def read_folders(source: Path, max_frames: int | None = None) -> list[FaceSequence]:
    """Read images/SEQUENCE/FRAME.jpg and landmarks/SEQUENCE/FRAME.json; images by name only.

    Raises:
        FileNotFoundError: ``images`` or ``landmarks`` is missing.
        ValueError: files have no counterpart, images have different sizes, or a landmark file has
            another number of points.
    """
    for kind in ("images", "landmarks"):
        if not (source / kind).is_dir():
            raise FileNotFoundError(
                f"{source} must contain the folders images and landmarks, each with one "
                f"folder per sequence; it has no {kind}"
            )
    landmark_files = PointStream(source / "landmarks").files
    sequences = []
    for name, files in ImageStream(source / "images").files.items():
        partners = landmark_files.get(name, [])
        alone = sorted({file.stem for file in files} ^ {file.stem for file in partners})
        if alone:
            raise ValueError(
                f"{source}: images/{name} and landmarks/{name} must have one file for each "
                f"frame, got {len(files)} and {len(partners)}; {alone[0]} is in one of them alone"
            )
        images = files[:max_frames]
        _check_sizes(images)
        landmarks, detected = _read_landmarks(source, name, partners[:max_frames])
        sequences.append(FaceSequence(name, images, landmarks, detected))
    return sequences


def _check_sizes(images: list[Path]) -> None:
    first = image_size(images[0])
    for file in images:
        if (size := image_size(file)) != first:
            raise ValueError(
                f"{file} must have the size (H, W) = {first} of {images[0].name}, got {size}"
            )


def _read_landmarks(source: Path, name: str, files: list[Path]) -> tuple[Tensor, Tensor]:
    read = [read_points(file) for file in files]  # None: no face in that frame
    if wrong := {len(points) for points in read if points is not None} - {NUM_LANDMARKS}:
        raise ValueError(
            f"{source}: landmarks/{name} must have {NUM_LANDMARKS} points per frame, "
            f"got {min(wrong)}"
        )
    none = torch.zeros(NUM_LANDMARKS, 2)
    landmarks = torch.stack([none if points is None else points[:, :2] for points in read])
    return landmarks, torch.tensor([points is not None for points in read])
