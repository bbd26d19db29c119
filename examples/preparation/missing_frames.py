"""Frames without a detection: interpolated, or dropped, which splits the sequence there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from examples.preparation.preprocessing import MIN_FRAMES, UnusableSequenceError

MissingFrames = Literal["interpolate", "drop"]


class Stretch(NamedTuple):
    """Frames of a sequence that follow each other, to be written as a sequence of their own.

    Attributes:
        name: name of the sequence that is written.
        source: where it is from, in words.
        frames: indices of its frames.
        dropped: number of frames dropped between it and the next stretch; those before the first
            stretch count there.
    """

    name: str
    source: str
    frames: range
    dropped: int


def stretches(name: str, source: str, found: Tensor, missing: MissingFrames) -> list[Stretch]:
    """Return what is written of a sequence: all of it, or, with "drop", what lies between gaps.

    The frames on both sides of a dropped one do not follow each other in time, so they may share
    neither a clip nor a flow. Stretches too short to train on are dropped as well.

    Args:
        name: name of the sequence.
        source: where it is from, in words.
        found: (T,) bool, at least one True.
        missing: "interpolate" or "drop".

    Raises:
        UnusableSequenceError: no stretch is long enough.
    """
    length = len(found)
    if missing == "interpolate" or bool(found.all()):
        return [Stretch(name, source, range(length), 0)]
    groups = (list(group) for _, group in groupby(range(length), lambda t: bool(found[t])))
    runs = [range(group[0], group[-1] + 1) for group in groups if found[group[0]]]
    kept = [run for run in runs if len(run) >= MIN_FRAMES]
    if not kept:
        raise UnusableSequenceError(
            f"{source} must have at least {MIN_FRAMES} frames in a row with a detection, got "
            f"{max(map(len, runs))}; use --missing interpolate"
        )
    bounds = [0, *(run.start for run in kept[1:]), length]
    result = []
    for number, (run, (start, stop)) in enumerate(zip(kept, pairwise(bounds), strict=True)):
        part = f"{name}_{number:03d}" if len(kept) > 1 else name
        part_source = f"{source}, frames {run.start} to {run.stop - 1}"
        result.append(Stretch(part, part_source, run, stop - start - len(run)))
    return result


def check_names(folder: Path, parts: Sequence[Stretch]) -> None:
    """Raise ValueError if a sequence of the same name is written in the data folder already."""
    for part in parts:
        if (folder / "images" / part.name).exists():
            raise ValueError(
                f"{part.source}: two sequences would have the name {part.name}; rename the "
                "folders or the video of one of them"
            )


def fill_gaps(points: Tensor, found: Tensor) -> Tensor:
    """Interpolate the points of frames without a detection.

    Args:
        points: (T, N, C); values where ``found`` is False are ignored.
        found: (T,) bool, at least one True.

    Returns:
        The points, (T, N, C): linear in time between detections; the nearest detection is repeated
        before the first and after the last.
    """
    there = found.nonzero().flatten()
    every = torch.arange(len(points))
    after = there[torch.searchsorted(there, every).clamp(max=len(there) - 1)]
    before = there[(torch.searchsorted(there, every, right=True) - 1).clamp(min=0)]
    share = ((every - before) / (after - before).clamp(min=1)).clamp(0, 1)[:, None, None]
    return torch.lerp(points[before], points[after], share)
