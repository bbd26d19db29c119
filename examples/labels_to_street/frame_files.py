"""Pairs the files of images, labels and instances by frame, and reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import InterpolationMode, resize

from vidgan.video import read_frame, read_labels

IMAGES, IDS = (".png", ".jpg", ".jpeg"), (".png",)
_CITYSCAPES = re.compile(r"(?P<sequence>.+_\d{6})_(?P<frame>\d{6})(_(?P<kind>\w+))?")
_LISTED = 3

Key = tuple[str, str]


class FrameFiles(NamedTuple):
    """The files of one frame."""

    image: Path
    labels: Path
    instances: Path | None


def find_frames(
    images: Path, labels: Path, instances: Path | None = None
) -> dict[str, list[FrameFiles]]:
    """Pair the files of each frame, and sort them into sequences.

    A file named as in Cityscapes, ``<city>_<sequence>_<frame>_<kind>``, belongs to the sequence
    ``<city>_<sequence>``, whichever folder it is in; a gap in the frame numbers begins a new
    sequence. Any other file belongs to the sequence named after its folder, and is paired with
    the file of the same name.

    Args:
        images: folder with the frames, PNG or JPEG.
        labels: folder with their label maps, PNG. If some are named ``..._labelIds``, all others
            are ignored.
        instances: folder with their instance maps, PNG, or None; ``..._instanceIds`` is handled in
            the same way. It may be the same folder as ``labels``.

    Returns:
        Sequence -> its frames, both in order.

    Raises:
        FileNotFoundError: a folder does not exist.
        ValueError: a folder has no such files, or a frame has a file in only one of them.
    """
    found = {"images": _list(images, IMAGES, "leftImg8bit")}
    found["labels"] = _list(labels, IDS, "labelIds")
    if instances is not None:
        found["instances"] = _list(instances, IDS, "instanceIds")
    for name in list(found)[1:]:
        _check_pairs(found["images"], found[name], ("images", name), (images, labels, instances))
    sequences: dict[str, list[FrameFiles]] = {}
    previous: Key | None = None
    name = ""
    for key in sorted(found["images"], key=_natural_order):
        if previous is None or not _follows(previous, key):
            name = key[0] if key[0] not in sequences else f"{key[0]}_{key[1]}"
        files = FrameFiles(*(found[kind].get(key) if kind in found else None for kind in _KINDS))
        sequences.setdefault(name, []).append(files)
        previous = key
    return sequences


_KINDS = ("images", "labels", "instances")


def _list(folder: Path, suffixes: Sequence[str], kind: str) -> dict[Key, Path]:
    """Find the files in a folder and its sub-folders, by sequence and frame."""
    if not folder.is_dir():
        raise FileNotFoundError(f"no such folder: {folder}")
    files = [
        file
        for file in sorted(folder.rglob("*"))
        if file.suffix.lower() in suffixes and file.name[0] != "." and file.is_file()
    ]
    named = [file for file in files if file.stem.endswith(f"_{kind}")]
    # A folder of Cityscapes annotations contains colors, instances and labels side by side.
    files = named or files
    if not files:
        raise ValueError(f"{folder} must contain files ending in {', '.join(suffixes)}, found none")
    found: dict[Key, Path] = {}
    for file in files:
        key = _key(file, folder)
        if key in found:
            raise ValueError(
                f"{folder} must contain one file per frame, got {found[key].name} and {file.name}; "
                "move one of them elsewhere"
            )
        found[key] = file
    return found


def _key(file: Path, folder: Path) -> Key:
    match = _CITYSCAPES.fullmatch(file.stem)
    if match:
        return match["sequence"], match["frame"]
    parent = file.parent.relative_to(folder)
    return "_".join(parent.parts) or "sequence", file.stem


def _natural_order(key: Key) -> list[list[tuple[int, int, str]]]:
    return [
        [
            (0, int(part), "") if part.isdecimal() else (1, 0, part)
            for part in re.split(r"(\d+)", text)
        ]
        for text in key
    ]


def _follows(previous: Key, key: Key) -> bool:
    """Return whether a frame continues the sequence of the previous one."""
    if previous[0] != key[0]:
        return False
    both = previous[1].isdecimal() and key[1].isdecimal()
    return (
        not both or not _CITYSCAPES.fullmatch("_".join(key)) or int(key[1]) == int(previous[1]) + 1
    )


def _check_pairs(
    ours: Mapping[Key, Path],
    theirs: Mapping[Key, Path],
    names: tuple[str, str],
    folders: Sequence[Path | None],
) -> None:
    """Raise ValueError if one of two folders has frames that the other lacks."""
    for have, lack, (with_it, without) in (
        (ours, theirs, names),
        (theirs, ours, (names[1], names[0])),
    ):
        alone = [have[key] for key in have if key not in lack]
        if alone:
            listed = ", ".join(file.name for file in alone[:_LISTED])
            more = f" and {len(alone) - _LISTED} more" if len(alone) > _LISTED else ""
            place = folders[_KINDS.index(without)]
            raise ValueError(
                f"every frame of --{with_it} must have its file in --{without} ({place}); "
                f"there is none for {listed}{more}"
            )


def read_image(files: FrameFiles, size: tuple[int, int]) -> Tensor:
    """Read the frame, uint8 (3, H, W), resized to ``size``."""
    frame = read_frame(files.image)
    if tuple(frame.shape[1:]) == size:
        return frame
    resized: Tensor = resize(
        frame, list(size), interpolation=InterpolationMode.BICUBIC, antialias=True
    )
    return resized


def read_ids(path: Path, size: tuple[int, int]) -> Tensor:
    """Read ids, int64 (1, H, W), resized to ``size`` by the nearest pixel."""
    ids = read_labels(path)
    rows, columns = (
        ((torch.arange(new) + 0.5) * old / new).floor().long()
        for new, old in zip(size, ids.shape[1:], strict=True)
    )
    return ids[:, rows][:, :, columns]


def read_class_ids(
    files: FrameFiles, names: Sequence[str], classes: str, ignore: int | None, size: tuple[int, int]
) -> Tensor:
    """Read class ids, int64 (1, H, W); the error lists ids that are not classes."""
    labels = read_ids(files.labels, size)
    found = torch.unique(labels).tolist()
    wrong = [index for index in found if index >= len(names) and index != ignore]
    if wrong:
        listed = ", ".join(map(str, wrong[:_LISTED])) + (", ..." if len(wrong) > _LISTED else "")
        raise ValueError(
            f"{files.labels} has ids that are no class: {listed}; the {len(names)} classes of "
            f"--classes {classes} are 0 to {len(names) - 1}; name more, or --ignore one id"
        )
    return labels
