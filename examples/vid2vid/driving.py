"""What drives a generated video: annotations edited by hand, or those of another video."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from examples.labels_to_street.classes import class_names
from examples.labels_to_street.editing import parse_replacements, read_painted_labels
from examples.vid2vid.config import TrainConfig
from examples.vid2vid.sequences import DrivingSequence, Edit
from vidgan.conditions import replace_classes
from vidgan.data import DataFolder


def build_edit(data: DataFolder, replace: Sequence[str], paint: Path | None) -> Edit | None:
    """Build the change of label maps that the user asks for.

    Args:
        data: the prepared folder.
        replace: classes to exchange, such as ``vegetation=building``.
        paint: a label map in place of all others, or a folder that holds some, named as frames
            (00012.png).

    Returns:
        The change; None where nothing is to be changed.

    Raises:
        FileNotFoundError: there is no such label map.
        ValueError: the data have no labels, a class is unknown, or a label map does not fit.
    """
    if not replace and paint is None:
        return None
    if "classes" not in data.facts:
        raise ValueError(
            f"{data.path} has no labels to edit (task {data.task!r}); --replace and --paint are "
            "for labels_to_street"
        )
    names = class_names(data)
    replacements = parse_replacements(replace, names)
    painted = _painted(paint, names, data)

    def edit(annotations: dict[str, Tensor], indices: range) -> dict[str, Tensor]:
        labels = annotations["labels"].clone()
        for place, index in enumerate(indices):
            labels[place] = painted.get(index, painted.get(None, labels[place]))
        if replacements:
            labels = replace_classes(labels, replacements)
        return {**annotations, "labels": labels}

    return edit


def _painted(
    paint: Path | None, names: Sequence[str], data: DataFolder
) -> dict[int | None, Tensor]:
    """Read painted label maps by the index of their frame; that of None serves all frames."""
    if paint is None:
        return {}
    ignore = data.facts.get("ignore")
    if not paint.is_dir():
        return {None: read_painted_labels(paint, names, data.size, ignore=ignore)}
    files = sorted(paint.glob("*.png"))
    wrong = [file.name for file in files if not file.stem.isdecimal()]
    if wrong or not files:
        raise ValueError(
            f"{paint} must hold label maps named as frames, such as 00012.png, got "
            f"{', '.join(wrong[:5]) or 'none'}"
        )
    return {
        int(file.stem): read_painted_labels(file, names, data.size, ignore=ignore) for file in files
    }


def driven_sequence(target: DrivingSequence, source: Path, config: TrainConfig) -> DrivingSequence:
    """Return the motion of another video on the target's face or body.

    Args:
        target: the sequence of the target, whose shape, size and place the motion gets.
        source: a video file, or a prepared folder with one sequence.
        config: of the run, which was trained on the target.

    Raises:
        FileNotFoundError: there is no such video.
        ValueError: the task cannot be driven, or the video does not show what it needs.
    """
    if not source.exists():
        raise FileNotFoundError(f"there is no video or folder {source} to drive with")
    seen = range(min(config.num_train_frames or target.length, target.length))
    driver = target.task.drive(source, target.annotations(seen), target.data)
    data = target.data._replace(fps=driver.fps)
    return DrivingSequence(data, streams=driver.streams)


def nearest_frame(driving: DrivingSequence, target: DrivingSequence, length: int) -> int:
    """Find where the target is most like the start of the driver, to be given those frames.

    Returns:
        Index of the first of ``length`` frames, whose real frames are known.
    """
    wanted = _points(driving, 0)
    best, least = 0, torch.inf
    for index in range(length - 1, target.length):
        if target.has_real(range(index - length + 1, index + 1)):
            points = _points(target, index)
            both = (wanted[:, 2] > 0) & (points[:, 2] > 0)
            away = (
                float((points - wanted)[both, :2].norm(dim=1).mean()) if bool(both.any()) else 1e9
            )
            if away < least:
                best, least = index - length + 1, away
    return best


def _points(sequence: DrivingSequence, index: int) -> Tensor:
    """Read the points of a frame as x, y, confidence, (N, 3)."""
    annotations = sequence.annotations(range(index, index + 1))
    points = annotations.get("landmarks", annotations.get("keypoints"))
    if points is None:
        raise ValueError(f"{sequence.data.path} has no points to compare")
    if points.shape[-1] == 2:
        points = torch.cat([points, torch.ones_like(points[..., :1])], -1)
    return points[0]
