"""Finds the frames of a data set: their images, labels and instances, sorted into sequences."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from examples.labels_to_street.pairing import Listed, list_names, pair_files
from examples.labels_to_street.scenes import split_scenes
from vidgan.files import visible_files

IMAGES, IDS = (".png", ".jpg", ".jpeg"), (".png",)
_WILDCARDS = set("*?[")

# What the folders and names of published data sets say about the files in them.
_KINDS = {
    "images": "rgb origin image images img data_rect leftimg8bit",
    "labels": "semantic semantics semantic_segmentation classsegmentation classgt mask masks "
    "label labels labelids cls",
    "instances": "instance instances instance_segmentation instancesegmentation instancegt "
    "instanceids inst",
    "other": "semantic_rgb color labeltrainids confidence depth forwardflow backwardflow "
    "forwardsceneflow backwardsceneflow",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}
# Endings of Cityscapes, whose files of all kinds lie side by side.
_ENDINGS = ("leftimg8bit", "labelids", "labeltrainids", "instanceids", "color")


class FrameFiles(NamedTuple):
    """The files of one frame."""

    image: Path
    labels: Path
    instances: Path | None


class FoundFrames(NamedTuple):
    """The frames of a data set.

    Attributes:
        sequences: name -> frames, both in order.
        notes: what was left out or split, in words.
    """

    sequences: dict[str, list[FrameFiles]]
    notes: list[str]


def find_frames(images: Path, labels: Path, instances: Path | None = None) -> FoundFrames:
    """Pair the files of each frame, and sort them into sequences.

    Frames that lack a file are left out, and noted. `pair_files` describes which files belong
    together, `split_scenes` what a sequence is.

    Args:
        images: folder with the frames, PNG or JPEG. It may have wildcards (``data/*/origin``).
        labels: folder with their label maps, PNG, likewise. If some are named ``..._labelIds``,
            all others are ignored. It may be the same folder as ``images`` if its sub-folders are
            named after their kinds (``origin`` and ``mask``, ``rgb`` and ``classSegmentation``).
        instances: folder with their instance maps, PNG, or None; ``..._instanceIds`` is handled in
            the same way. It may be the same folder as ``labels``.

    Raises:
        FileNotFoundError: a folder does not exist.
        ValueError: a folder has no such files, no frame has all of its files, or a frame has
            several.
    """
    places = {"images": images, "labels": labels}
    if instances is not None:
        places["instances"] = instances
    listed = {
        kind: list_kind(place, kind, mixed=[*places.values()].count(place) > 1)
        for kind, place in places.items()
    }
    pairs = {kind: pair_files(listed["images"], listed[kind]) for kind in list(listed)[1:]}
    itself = next((a for a, b in pairs["labels"].found.items() if a == b), None)
    if itself is not None:
        raise ValueError(
            f"--images and --labels must be told apart, got {itself} as both; give the folder of "
            "each kind"
        )
    used = [
        file for file in listed["images"] if all(file.path in pair.found for pair in pairs.values())
    ]
    notes = []
    for kind, pair in pairs.items():
        alone = [file for file in listed["images"] if file.path not in pair.found]
        notes += _left_out("images", alone, kind, places[kind], none_left=not pair.found)
        taken = set(pair.found.values())
        alone = [file for file in listed[kind] if file.path not in taken]
        notes += _left_out(kind, alone, "images", images, none_left=False)
    scenes, more = split_scenes(used, pairs["labels"].shared)
    sequences = {
        name: [
            FrameFiles(
                file.path,
                pairs["labels"].found[file.path],
                pairs["instances"].found[file.path] if "instances" in pairs else None,
            )
            for file in files
        ]
        for name, files in scenes.items()
    }
    return FoundFrames(sequences, notes + more)


def list_kind(folder: Path, kind: str, *, mixed: bool = False) -> list[Listed]:
    """List the files of a kind in a folder and its sub-folders.

    If folders and names say that there are files of several kinds, those of the others are left
    out.

    Args:
        folder: the folder; its last parts may have wildcards.
        kind: ``images``, ``labels`` or ``instances``.
        mixed: the folder is known to have files of another kind.
    """
    suffixes = IMAGES if kind == "images" else IDS
    base = folder
    pattern: tuple[str, ...] = ()
    if not folder.is_dir():
        fixed = next((i for i, part in enumerate(folder.parts) if set(part) & _WILDCARDS), None)
        base = folder if fixed is None else Path(*folder.parts[:fixed])
        pattern = () if fixed is None else folder.parts[fixed:]
    if not base.is_dir():
        raise FileNotFoundError(f"no such folder: {folder}")
    files = [
        Listed(path, path.parent.relative_to(base).parts)
        for path in visible_files(base, suffixes, recursive=True)
    ]
    files = [file for file in files if _matches(file.folders, pattern)]
    if not files:
        raise ValueError(f"{folder} must contain files ending in {', '.join(suffixes)}, found none")
    kinds = {file.path: _kind_of(file) for file in files}
    told = set(kinds.values()) - {None}
    named = any(kinds[file.path] == kind and _ending(file) in _ENDINGS for file in files)
    if not mixed and not named and (len(told) < 2 or kind not in told):
        return files
    wanted = kind if kind in told else None
    return [file for file in files if kinds[file.path] == wanted] or files


def _matches(folders: Sequence[str], pattern: Sequence[str]) -> bool:
    fits = [fnmatchcase(name, part) for name, part in zip(folders, pattern, strict=False)]
    return len(folders) >= len(pattern) and all(fits)


def _kind_of(file: Listed) -> str | None:
    """Return the kind that a file's folders or name say, the most certain one first."""
    ending = _ending(file)
    words = [ending] if ending in _ENDINGS else []
    words += [folder.casefold() for folder in reversed(file.folders)]
    words += [file.path.stem.casefold().split("_")[0], ending]
    return next((_KIND_OF[word] for word in words if word in _KIND_OF), None)


def _ending(file: Listed) -> str:
    return file.path.stem.casefold().split("_")[-1]


def _left_out(
    kind: str, files: Sequence[Listed], other: str, place: Path, *, none_left: bool
) -> list[str]:
    """Note the files without their counterpart, or raise ValueError if there are no others."""
    places = [file.place for file in files]
    if none_left:
        raise ValueError(
            f"every frame of --{kind} must have its file in --{other} ({place}); there is none "
            f"for {list_names(places)}: give folders whose files have the same numbers and the "
            "same names of sequences"
        )
    if not files:
        return []
    what = "1 file is" if len(files) == 1 else f"{len(files)} files are"
    return [
        f"--{kind}: {what} left out, as there is none in --{other} ({place}) for "
        f"{list_names(places)}"
    ]
