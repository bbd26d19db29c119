"""What the name of a frame's file says: which frame it is, and where frames are missing."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median_low

# What OpenPose, DensePose and Cityscapes add to the name of a frame.
_ENDINGS = re.compile(r"_(keypoints|rendered|IUV|INDS|leftImg8bit|gt(Fine|Coarse)_[A-Za-z]+)$")
_LONGEST_STEP = 1.5  # in usual steps; a longer one is a gap


def frame_name(path: str | os.PathLike[str]) -> str:
    """Return the name of the frame that a file belongs to, without what tools add to it.

    Args:
        path: a file, or its name.

    Example:
        >>> [frame_name(name) for name in ("walk/00001.png", "00001_keypoints.json")]
        ['00001', '00001']
    """
    name = Path(path).stem
    while (shorter := _ENDINGS.sub("", name)) != name:
        name = shorter
    return name


def split_at_gaps(files: Sequence[Path]) -> list[list[Path]]:
    """Split the files of a sequence where frames are missing: neighbors must follow in time.

    A frame is missing where its number, the last one in its name, is more than 1.5 times the usual
    step after that of the file before. Files without numbers are not split.

    Args:
        files: of one sequence, in order.

    Returns:
        The files of each part.

    Example:
        >>> files = [Path(f"{number:05d}.png") for number in (0, 1, 2, 4, 5)]
        >>> [len(part) for part in split_at_gaps(files)]
        [3, 2]
    """
    matches = [re.fullmatch(r"(.*?)(\d+)\D*", frame_name(file)) for file in files]
    found = [(match[1], int(match[2])) for match in matches if match]
    if len(found) < len(files) or len({text for text, _ in found}) != 1:
        return [list(files)] if files else []
    numbers = [number for _, number in found]
    steps = [after - before for before, after in pairwise(numbers)]
    longest = _LONGEST_STEP * max(1, median_low(steps)) if steps else 0
    ends = [index + 1 for index, step in enumerate(steps) if step > longest]
    bounds = zip([0, *ends], [*ends, len(files)], strict=True)
    return [list(files[start:end]) for start, end in bounds]


def pairs_by_order(first: Sequence[Path], second: Sequence[Path]) -> bool:
    """Return whether files of two kinds, whose names differ, can be paired by their order.

    There must be equally many, all numbered, and in neither may a number be missing: OpenPose, for
    one, counts the frames of a video from 0, and they may lie beside frames counted from 1.

    Args:
        first: files of one kind, in order.
        second: files of the other kind, in order.

    Example:
        >>> frames = [Path(f"{number:05d}.png") for number in (1, 2)]
        >>> poses = [Path(f"walk_{number:012d}_keypoints.json") for number in (0, 1)]
        >>> pairs_by_order(frames, poses), pairs_by_order(frames, poses[:1])
        (True, False)
    """
    if len(first) != len(second) or not first:
        return False
    is_numbered = all(re.search(r"\d", frame_name(file)) for file in (*first, *second))
    return is_numbered and len(split_at_gaps(first)) == len(split_at_gaps(second)) == 1
