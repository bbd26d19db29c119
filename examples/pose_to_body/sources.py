"""Sources of frames and keypoints: folders in the published layout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from examples.pose_to_body.person_track import PersonTrack, as_person_track
from examples.preparation.point_sources import find_unpaired, pixel_converter
from vidgan.conditions import NUM_DENSEPOSE_PARTS, read_people, track_people
from vidgan.data import find_keypoints
from vidgan.video import image_size, list_sequences, read_frame, read_labels

_IMAGES = (".png", ".jpg", ".jpeg")


class FolderSequence(NamedTuple):
    """One sequence of a folder in the published layout: the files of each kind, paired.

    Attributes:
        name: name of the sequence.
        images: files of the frames.
        keypoints: OpenPose files.
        maps: kind ("densepose", "instances") -> PNG files, for the kinds that exist.
        size: (H, W) of all images.
    """

    name: str
    images: list[Path]
    keypoints: list[Path]
    maps: dict[str, list[Path]]
    size: tuple[int, int]


def open_folders(source: Path, notes: list[str]) -> Iterator[FolderSequence]:
    """Find the sequences of ``images/``, ``openpose/`` and, if present, the other kinds.

    Args:
        source: the folder.
        notes: what the user should know is added to these.

    Raises:
        FileNotFoundError: ``images`` or ``openpose`` is missing.
        ValueError: sequences or files have no counterpart, or images have different sizes.
    """
    keypoints = find_keypoints(source) or source / "openpose"
    for folder in (source / "images", keypoints):
        if not folder.is_dir():
            raise FileNotFoundError(
                f"{source} must contain the folders images and openpose (optionally densepose, "
                f"instances), each with one folder per sequence; it has no {folder.name}"
            )
    files = {"images": list_sequences(source / "images", _IMAGES)}
    files["openpose"] = list_sequences(keypoints, (".json",))
    files |= _map_files(source)
    for kind, sequences in files.items():
        different = sorted(sequences.keys() ^ files["images"].keys())
        if different:
            raise ValueError(
                f"{source / kind} and {source / 'images'} must have the same sequences; only one "
                f"of them has {different[0]}"
            )
    for name in files["images"]:
        here = {kind: sequences[name] for kind, sequences in files.items()}
        _check_pairs(source, name, here, notes)
        maps = {kind: here[kind] for kind in here if kind not in ("images", "openpose")}
        size = _common_size([*here["images"], *(f for kind in maps.values() for f in kind)])
        yield FolderSequence(name, here["images"], here["openpose"], maps, size)


def folder_track(sequence: FolderSequence, max_frames: int | None, notes: list[str]) -> PersonTrack:
    """Follow the largest person of the sequence through its keypoint files, in pixels.

    Args:
        sequence: the sequence.
        max_frames: read the first so many frames.
        notes: what the user should know is added to these.

    Raises:
        ValueError: a file is damaged, or the unit of its points is unknown; see `pixel_converter`.
    """
    files = sequence.keypoints[:max_frames]
    people = [read_people(file) for file in files]
    convert = pixel_converter(torch.cat(people), sequence.size, files[0], sequence.name, notes)
    return as_person_track(track_people([convert(frame) for frame in people]))


def folder_reader(files: list[Path], kind: str = "images") -> Callable[[int], Tensor]:
    """Return a function that reads one image, uint8 (3, H, W), or (1, H, W) for instances."""
    if kind == "instances":
        return lambda index: _read_instances(files[index])
    if kind == "densepose":
        return lambda index: _read_densepose(files[index])
    return lambda index: read_frame(files[index])


def _read_instances(file: Path) -> Tensor:
    ids = read_labels(file)
    if int(ids.max()) > 255:
        raise ValueError(f"{file} must contain instance ids of at most 255, got {int(ids.max())}")
    return ids.byte()


def _read_densepose(file: Path) -> Tensor:
    maps = read_frame(file)
    if int(maps[2].max()) > NUM_DENSEPOSE_PARTS:
        raise ValueError(
            f"{file} must contain part indices of 0 to {NUM_DENSEPOSE_PARTS}, got "
            f"{int(maps[2].max())}, in its third channel; maps resized with interpolation cannot "
            "be used"
        )
    return maps


def _check_pairs(source: Path, name: str, files: dict[str, list[Path]], notes: list[str]) -> None:
    if unpaired := find_unpaired(name, files, notes):
        kind, frame, where = unpaired
        raise ValueError(
            f"{source / kind / name} and {source / 'images' / name} must have one file for "
            f"each frame, got {len(files[kind])} and {len(files['images'])}; {frame} is in "
            f"{where} alone"
        )


def _map_files(source: Path) -> dict[str, dict[str, list[Path]]]:
    """List DensePose maps and instances, which DensePose writes beside them as ``_INDS``."""
    files = {
        kind: list_sequences(source / kind, (".png",))
        for kind in ("densepose", "instances")
        if (source / kind).is_dir()
    }
    if "densepose" not in files:
        return files
    ids: dict[str, list[Path]] = {}
    for name, group in files["densepose"].items():
        ids[name] = [file for file in group if file.stem.endswith("_INDS")]
        files["densepose"][name] = [file for file in group if file not in ids[name]]
    if any(ids.values()) and "instances" not in files:
        files["instances"] = ids
    return files


def _common_size(files: list[Path]) -> tuple[int, int]:
    size = image_size(files[0])
    for file in files:
        if image_size(file) != size:
            raise ValueError(
                f"{file} must have the size (H, W) = {size} of {files[0]}, got {image_size(file)}"
            )
    return size
