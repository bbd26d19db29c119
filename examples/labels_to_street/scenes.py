"""Sorts the frames of a data set into sequences: by folder, by name, and at gaps."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from statistics import median_low

from examples.labels_to_street.pairing import Listed, list_names, tokens
from vidgan.data import frame_name, split_at_gaps
from vidgan.files import natural_order

_CITYSCAPES = re.compile(r"(?P<sequence>.+_\d{6})_\d{6}")
_FEWEST = 3  # frames of a sequence
_FASTER = 1.5  # times the usual rate


def split_scenes(
    files: Sequence[Listed], shared: Collection[str]
) -> tuple[dict[str, list[Listed]], list[str]]:
    """Sort frames into sequences.

    A file named as in Cityscapes, ``<city>_<sequence>_<frame>``, belongs to the sequence
    ``<city>_<sequence>``, whichever folder it is in. The others belong to the sequence of their
    folder; if a folder has several scenes, by what is in front of the frame's number
    (``0001TP_006690``), each is a sequence. Where frames are missing, or the rate of the frames
    changes, another sequence begins.

    Args:
        files: the images.
        shared: words and numbers of their paths that the labels have too: a folder with another
            name (``data_rect``) is no part of the name of a sequence.

    Returns:
        Name -> frames, both in order; and notes.
    """
    scenes: dict[tuple[str, ...], list[Listed]] = {}
    for file in files:
        match = _CITYSCAPES.fullmatch(file.frame)
        scenes.setdefault((match["sequence"], "") if match else file.folders, []).append(file)
    named: list[tuple[str, list[Listed]]] = []
    for key, inside in scenes.items():
        if _CITYSCAPES.fullmatch(inside[0].frame):
            named.append((key[0], inside))
            continue
        told = [folder for folder in key if not tokens(folder) or set(tokens(folder)) & set(shared)]
        named += _by_prefix("_".join(told), inside)
    named.sort(key=lambda item: natural_order(item[0]))
    return _at_gaps(named)


def _by_prefix(folder: str, files: list[Listed]) -> list[tuple[str, list[Listed]]]:
    """Split a folder's frames by what is in front of their number, if it has several scenes."""
    alike: dict[tuple[str, ...], list[tuple[Listed, list[str]]]] = {}
    for file in files:
        parts = re.split(r"(\d+)", file.frame)  # text, number, text, ...
        alike.setdefault(tuple(parts[::2]), []).append((file, parts[1::2]))
    scenes: dict[tuple[object, ...], list[Listed]] = {}
    for texts, inside in alike.items():
        columns = list(zip(*(numbers for _, numbers in inside), strict=True))
        # The frame is the last number that is not the same in all names.
        varying = [i for i, column in enumerate(columns) if len(set(column)) > 1]
        frame = varying[-1] if varying else len(columns) - 1
        for file, numbers in inside:
            scene = (texts, *numbers[:frame], *numbers[frame + 1 :]) if numbers else ()
            scenes.setdefault(scene, []).append(file)
    if len(scenes) == 1 or max(map(len, scenes.values())) < _FEWEST:
        return [(folder or "sequence", files)]
    return [
        ("_".join(filter(None, (folder, _prefix(inside[0])))) or "sequence", inside)
        for inside in scenes.values()
    ]


def _prefix(file: Listed) -> str:
    """Return what is in front of the last number of a frame's name."""
    return re.sub(r"[\W_]*\d*\D*$", "", file.frame)


def _at_gaps(
    named: Sequence[tuple[str, list[Listed]]],
) -> tuple[dict[str, list[Listed]], list[str]]:
    """Split sequences where frames are missing; number those that have the same name."""
    sequences: dict[str, list[Listed]] = {}
    split, sparse = [], []
    for name, files in named:
        ordered = sorted(files, key=lambda file: natural_order(file.frame))
        by_path = {file.path: file for file in ordered}
        parts = [
            [by_path[path] for path in part]
            for gap_free in split_at_gaps([*by_path])
            for part in _where_faster(gap_free)
        ]
        if len(parts) > 1:
            split.append(name)
        sparse += [name] * any(_usual_step([f.path for f in part]) > _FASTER for part in parts)
        for part in parts:
            number = re.findall(r"\d+", part[0].frame)[-1:]
            sequences[
                _free("_".join([name, *number]) if part is not parts[0] else name, sequences)
            ] = part
    notes = []
    if split:
        notes.append(
            f"frames are missing in {list_names(split)}: where the numbers jump, another sequence "
            "begins"
        )
    if sparse:
        notes.append(
            f"the numbers of the frames of {list_names(sparse)} are more than 1 apart: flow "
            "between frames that are far apart in time is guesswork"
        )
    return sequences, notes


def _free(name: str, taken: Collection[str]) -> str:
    """Return the name, or with a number behind it one that is not taken yet."""
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def _where_faster(files: list[Path]) -> list[list[Path]]:
    """Split off the stretches with more frames per second (CamVid: 1, and 15 in parts)."""
    steps = _steps(files)
    fast = [step * _FASTER < _usual_step(files) for step in steps]
    parts, start = [], 0
    for is_fast, run in groupby(range(len(steps)), key=fast.__getitem__):
        first, *_, last = [*run] * 2
        if is_fast and last - first + 2 >= _FEWEST:
            parts += [files[start:first], files[first : last + 2]]
            start = last + 2
    return [part for part in [*parts, files[start:]] if part]


def _steps(files: Sequence[Path]) -> list[int]:
    """Return the steps between the numbers of frames; none if a name has no number."""
    numbers = [re.findall(r"\d+", frame_name(file))[-1:] for file in files]
    if not all(numbers):
        return []
    return [int(after) - int(before) for (before,), (after,) in pairwise(numbers)]


def _usual_step(files: Sequence[Path]) -> int:
    return median_low(_steps(files) or [1])
