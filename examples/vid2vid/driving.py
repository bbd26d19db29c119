"""Motion transfer: the annotations of another video drive the target."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from examples.vid2vid.config import TrainConfig
from examples.vid2vid.sequences import DrivingSequence


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
    if source.is_dir():
        type(target.task).open(source)  # refuses a folder of another task
    seen = range(min(config.num_train_frames or target.length, target.length))
    driver = target.task.drive(source, target.annotations(seen))
    return DrivingSequence(target.task, driver=driver)


def nearest_frame(driving: DrivingSequence, target: DrivingSequence, length: int) -> int:
    """Find the target's frames that are most like the start of the driver, to be given first.

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
