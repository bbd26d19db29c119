"""Which files a data folder has, by kind and sequence."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from vidgan.data.check._findings import Findings
from vidgan.data.folder_streams import FlowStream, ImageStream, LabelStream, MaskStream
from vidgan.data.point_streams import (
    KEYPOINT_FOLDERS,
    KeypointStream,
    PointStream,
    find_keypoints,
)
from vidgan.files import visible_entries, visible_files
from vidgan.video.flow_files import one_format

FileType = Literal["image", "ids", "rgb", "landmarks", "keypoints", "flow", "mask"]
Sequences = dict[str, list[Path]]


class Kind(NamedTuple):
    """A kind of file: its folder, its endings, and how many first frames have none.

    A raw folder, which is not prepared yet, may have what `prepare` can deal with.
    """

    name: str
    type: FileType
    suffixes: tuple[str, ...]
    stride: int = 0
    is_raw: bool = False


_KINDS = (
    Kind("images", "image", ImageStream.suffixes),
    Kind("labels", "ids", LabelStream.suffixes),
    Kind("instances", "ids", LabelStream.suffixes),
    Kind("landmarks", "landmarks", PointStream.suffixes),
    Kind("keypoints", "keypoints", KeypointStream.suffixes),
    Kind("densepose", "rgb", (".png",)),
)
_STRIDED: dict[str, tuple[FileType, tuple[str, ...]]] = {
    "flow": ("flow", FlowStream.suffixes),
    "confidence": ("mask", MaskStream.suffixes),
}
_FOR_INSPECTION = {"conditions", "contact_sheet.png"}
_DESCRIPTIONS = {"dataset.json", "LICENSE", "LICENCE", "NOTICE"}
_OTHER_NAMES = {
    **{kind.name: kind.name for kind in _KINDS},  # such as Images
    **{name: name for name in _STRIDED},
    "annotations": "labels",
    "flows": "flow/stride1",
    "frames": "images",
    "image": "images",
    "img": "images",
    "imgs": "images",
    "inst": "instances",
    "instance": "instances",
    "label": "labels",
    "label_ids": "labels",
    "landmark": "landmarks",
    "masks": "labels",
    "openpose": "keypoints",
    "optical_flow": "flow/stride1",
    "pose": "keypoints",
    "rgb": "images",
    "segmentation": "labels",
}


def read_layout(
    path: Path, annotations: Collection[str], findings: Findings
) -> dict[Kind, Sequences]:
    """List the files of every kind, and note what lies elsewhere.

    ``annotations`` are folders that a task reads itself, where they are of no known kind.
    """
    found: dict[Kind, Sequences] = {}
    known = _known_kinds(path)
    for child in visible_entries(path):
        if child.is_dir() and child.name in known:
            kind = known[child.name]
            found[kind] = _list_kind(path, child, kind, findings)
        elif child.is_dir() and child.name in _STRIDED:
            for kind, folder in _strides(path, child, findings):
                found[kind] = _list_kind(path, folder, kind, findings)
        elif child.name not in annotations and not _is_beside_the_data(child):
            _note_stray(path, child, findings)
    # The images come first, since the others are compared with them.
    order = [*known, *_STRIDED]
    ranked = sorted(found, key=lambda kind: (order.index(kind.name.split("/")[0]), kind.stride))
    return {kind: found[kind] for kind in ranked}


def _known_kinds(path: Path) -> dict[str, Kind]:
    is_raw = not (path / "dataset.json").exists()
    keypoints = find_keypoints(path)
    names = {"keypoints": KEYPOINT_FOLDERS[-1] if keypoints is None else keypoints.name}
    kinds = [kind._replace(name=names.get(kind.name, kind.name), is_raw=is_raw) for kind in _KINDS]
    return {kind.name: kind for kind in kinds}


def _is_beside_the_data(child: Path) -> bool:
    if child.name in _FOR_INSPECTION | _DESCRIPTIONS:
        return True
    return child.is_file() and child.suffix.lower() in {".md", ".txt"}


def _note_stray(path: Path, child: Path, findings: Findings) -> None:
    name = child.relative_to(path).as_posix() + ("/" if child.is_dir() else "")
    meant = _OTHER_NAMES.get(child.name.lower()) if child.is_dir() else None
    meant = None if meant == child.name else meant
    hint = f"; if it holds {meant.partition('/')[0]}, name it {meant}/" if meant else ""
    if (child / "images").is_dir():
        hint = "; a data folder inside this one is checked by its own path"
    findings.warning("stray", f"files and folders that are not read{hint}", name)


def _strides(path: Path, folder: Path, findings: Findings) -> Iterator[tuple[Kind, Path]]:
    type_, suffixes = _STRIDED[folder.name]
    children = visible_entries(folder)
    for child in children:
        match = re.fullmatch(r"stride([1-9]\d*)", child.name)
        if match and child.is_dir():
            name = f"{folder.name}/{child.name}"
            yield Kind(name, type_, suffixes, int(match[1])), child
        else:
            findings.problem(
                "wrong_place",
                f"{folder.name}/ must hold stride1/, stride3/, ... and in each of them "
                f"<sequence>/<frame>{suffixes[0]}",
                child.relative_to(path).as_posix(),
            )


def _list_kind(path: Path, folder: Path, kind: Kind, findings: Findings) -> Sequences:
    sequences: Sequences = {}
    for child in visible_entries(folder):
        place = child.relative_to(path).as_posix()
        if child.is_dir():
            files = visible_files(child, kind.suffixes)
            if kind.name == "densepose":  # DensePose writes its ids of people beside its maps
                files = [file for file in files if not file.stem.endswith("_INDS")]
            sequences[child.name] = one_format(files) if kind.type == "flow" else files
            _note_others(path, child, kind, findings)
        elif kind.type == "landmarks" and child.suffix.lower() == ".npy":
            sequences[child.stem] = [child]  # one array of all frames
        elif child.suffix.lower() in kind.suffixes:
            findings.problem(
                "wrong_place",
                f"{kind.name}/ must hold one folder per sequence, {kind.name}/<sequence>/<frame>"
                f"{kind.suffixes[0]}; move its files into one",
                place,
            )
        else:
            findings.warning("stray", "files and folders that are not read", place)
    sequences = {name: files for name, files in sequences.items() if files}
    if not sequences:
        endings = " or ".join(kind.suffixes)
        findings.problem("empty", f"{kind.name}/ must hold <sequence>/<frame>, ending in {endings}")
    return sequences


def _note_others(path: Path, folder: Path, kind: Kind, findings: Findings) -> None:
    for child in visible_entries(folder):
        if child.is_dir() or child.suffix.lower() not in kind.suffixes:
            endings = " and ".join(kind.suffixes)
            findings.warning(
                "stray",
                f"{kind.name}: only files ending in {endings} are read",
                child.relative_to(path).as_posix() + ("/" if child.is_dir() else ""),
            )
