"""Functions shared by the ``prepare`` commands: usable sequences, crops, description."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import InterpolationMode, resize

from vidgan.flow_estimators import DISFlow, FarnebackFlow, RAFTFlow

ESTIMATORS = {"dis": DISFlow, "farneback": FarnebackFlow, "raft": RAFTFlow}
MIN_FRAMES = 3  # of a sequence: two are given to the generator, and it learns from the others
_SMALLEST_CROP = 32

Material = TypeVar("Material")
Report = TypeVar("Report")
Item = TypeVar("Item")


def check_strides(strides: Sequence[int]) -> None:
    """Raise ValueError unless the strides of the reference flow are positive and contain 1."""
    if not strides or min(strides) < 1 or 1 not in strides:
        raise ValueError(f"prepare: strides must be positive and contain 1, got {strides}")


class UnusableSequenceError(ValueError):
    """A sequence is too short, or shows nobody; it is left out if others remain."""


def write_usable(
    materials: Iterable[Material], write: Callable[[Material], list[Report]]
) -> tuple[list[Report], list[str]]:
    """Write every sequence that can be used.

    Args:
        materials: the sequences.
        write: writes one, as one sequence or several, and returns their reports; it raises
            `UnusableSequenceError` before it writes anything if the sequence cannot be used.

    Returns:
        The reports, and one line for each sequence that was left out.

    Raises:
        ValueError: no sequence can be used.
    """
    reports: list[Report] = []
    left_out: list[str] = []
    for material in materials:
        written = _try_to_write(material, write)
        if isinstance(written, UnusableSequenceError):
            left_out.append(str(written))
        else:
            reports.extend(written)
    if not reports:
        if not left_out:
            raise ValueError("there is no sequence to write")
        others = len(left_out) - 1
        more = f" (and {others} other sequence{'s' * (others > 1)})" if others else ""
        raise ValueError(f"{left_out[0]}{more}")
    return reports, [f"left out: {text}" for text in left_out]


def _try_to_write(
    material: Material, write: Callable[[Material], list[Report]]
) -> list[Report] | UnusableSequenceError:
    try:
        return write(material)
    except UnusableSequenceError as error:
        return error


def check_length(source: Path | str, length: int) -> None:
    """Raise UnusableSequenceError if a sequence is too short to train on."""
    if length < MIN_FRAMES:
        raise UnusableSequenceError(
            f"{source} must have at least {MIN_FRAMES} frames, got {length}; the first two are "
            "given to the generator, the others are what it learns from"
        )


def check_found(source: Path | str, what: str, found: Tensor, advice: str) -> None:
    """Raise UnusableSequenceError if a sequence is too short, or shows ``what`` in too few frames.

    Args:
        source: where the sequence is from.
        what: what should be seen, such as "a face".
        found: (T,) bool, whether it was found.
        advice: how it should be filmed.
    """
    check_length(source, len(found))
    if int(found.sum()) < MIN_FRAMES:
        raise UnusableSequenceError(
            f"{source} must show {what}: one was found in {int(found.sum())} of {len(found)} "
            f"frames; {advice}"
        )


def write_description(
    folder: Path,
    *,
    task: str,
    fps: float,
    size: Sequence[int],
    flow: str,
    strides: Sequence[int],
    sequences: Mapping[str, Mapping[str, Any]],
    annotations: Sequence[str],
    **facts: Any,
) -> None:
    """Write ``dataset.json``.

    Args:
        folder: the data folder.
        task: name of the task.
        fps: frames per second.
        size: (H, W) of the frames.
        flow: the source of the reference flow.
        strides: requested strides of the reference flow; those that no sequence is long enough for
            are left out.
        sequences: name -> facts about the sequence, at least ``frames``.
        annotations: folders that every sequence must have, in addition to ``images``.
        facts: entries of this task only.
    """
    longest = max(sequence["frames"] for sequence in sequences.values())
    description = {
        "format": 1,
        "task": task,
        "fps": fps,
        "size": list(size),
        "annotations": list(annotations),
        **facts,
        "flow": flow,
        "strides": [stride for stride in strides if stride < longest],
        "sequences": sequences,
    }
    (folder / "dataset.json").write_text(json.dumps(description, indent=2) + "\n")


def select(items: Iterable[Item], indices: Iterable[int]) -> Iterator[Item]:
    """Give out the items of increasing indices; the others are passed over."""
    wanted = iter(indices)
    index = next(wanted, None)
    for number, item in enumerate(items):
        if number == index:
            yield item
            index = next(wanted, None)
            if index is None:
                return


class Crop(NamedTuple):
    """A crop of the frame; beyond the frame, border pixels are repeated."""

    left: int
    top: int
    height: int
    width: int


def check_crop(source: Path | str, what: str, crop: Crop) -> None:
    """Raise UnusableSequenceError if a crop has too few pixels to show a face or a person."""
    if max(crop.height, crop.width) < _SMALLEST_CROP:
        raise UnusableSequenceError(
            f"{source} must show a {what} of more than {_SMALLEST_CROP} pixels, got a crop of "
            f"{crop.width} x {crop.height} pixels around it: too few to see eyes or limbs; use "
            "frames of a higher resolution, or check that the points are in pixels of these frames"
        )


def crop_frame(
    frame: Tensor,
    crop: Crop,
    size: tuple[int, int],
    *,
    interpolation: InterpolationMode = InterpolationMode.BICUBIC,
) -> Tensor:
    """Crop a frame and resize it: uint8 (C, H, W) -> uint8 (C, *size)."""
    height, width = frame.shape[1:]
    rows = torch.arange(crop.top, crop.top + crop.height).clamp(0, height - 1)
    columns = torch.arange(crop.left, crop.left + crop.width).clamp(0, width - 1)
    part = frame[:, rows][:, :, columns]
    return resize(part, list(size), interpolation=interpolation, antialias=True)


def crop_points(points: Tensor, crop: Crop, size: tuple[int, int]) -> Tensor:
    """Transform points (..., 2) from pixels of the frame to pixels of the resized crop."""
    corner = points.new_tensor([crop.left, crop.top])
    factors = points.new_tensor([size[1] / crop.width, size[0] / crop.height])
    return (points + 0.5 - corner) * factors - 0.5


def shift_inside(start: int, side: int, length: int) -> int:
    """Shift one side of the crop into the frame, or so that it covers the frame if it is larger."""
    room = length - side
    return min(max(start, min(room, 0)), max(room, 0))
