"""Motion transfer: the annotations of another video drive the target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from examples.vid2vid.config import TrainConfig
from examples.vid2vid.sequences import DrivingSequence

if TYPE_CHECKING:
    from examples.vid2vid.live_source import LiveSource


def driven_sequence(
    target: DrivingSequence, source: Path | LiveSource, config: TrainConfig
) -> DrivingSequence:
    """Return a sequence with the motion of another video, fitted to the target's face or body.

    Args:
        target: the sequence of the target, whose shape, size and position the motion is fitted to.
        source: a video file, a prepared folder with one sequence, or frames as they arrive.
        config: the configuration of the run, which was trained on the target.

    Raises:
        FileNotFoundError: the video does not exist.
        ValueError: the task cannot be driven, or the video does not show a face or body.
    """
    if isinstance(source, Path) and not source.exists():
        raise FileNotFoundError(f"there is no video or folder {source} to drive with")
    if isinstance(source, Path) and source.is_dir():
        type(target.task).open(source)  # refuses a folder of another task
    seen = range(min(config.num_train_frames or target.length, target.length))
    driver = target.task.drive(source, target.annotations(seen))
    return DrivingSequence(target.task, driver=driver)


def nearest_frame(driving: DrivingSequence, target: DrivingSequence, length: int) -> int:
    """Find the target's frames that are most similar to the start of the driver.

    They are given to the generator as its first past frames.

    Returns:
        Index of the first of ``length`` frames, all with known real frames.
    """
    wanted = _points(driving, 0)  # (N, 3)
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
    return sequence.task.points(sequence.annotations(range(index, index + 1)))[0]
