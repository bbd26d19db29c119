"""Metric of the task: how well a generated person follows the keypoints that drove it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor

from examples.pose_to_body.people import MediapipePeople, Person

JOINTS = tuple(range(1, 15))  # neck to ankles of BODY_25
_NECK, _HIP = 1, 8


class KeypointMetric:
    """Counts the frames with a person, and computes the error of its joints.

    Raises:
        ImportError: MediaPipe is not installed.
    """

    legend = """\
- Keypoint error: MediaPipe's pose run on the frames, enlarged; mean distance of its 14 joints from
  neck to ankles to the driving ones, divided by the distance from neck to mid-hip, averaged over
  the frames in which a person is found. Lower is better.
- People: frames in which MediaPipe finds a person."""

    def __init__(self) -> None:
        self.find = MediapipePeople(most=1)

    def __call__(self, frames: Tensor, annotations: Mapping[str, Tensor]) -> dict[str, float | int]:
        """Compare frames with ``annotations["keypoints"]``; see `keypoint_errors`."""
        errors = keypoint_errors(frames, annotations["keypoints"], self.find)
        found = ~errors.isnan()
        return {"keypoint error": float(errors[found].mean()), "people": int(found.sum())}


def keypoint_errors(
    frames: Iterable[Tensor], keypoints: Tensor, find: Callable[[Tensor], list[Person]]
) -> Tensor:
    """Compute the distance between the joints found in frames and those that drove them.

    The mean distance of the joints that count in both, divided by the distance from neck to mid-hip
    of the driving ones.

    Args:
        frames: uint8 frames (3, H, W).
        keypoints: the driving keypoints, (T, 137, 3) in pixels of the frames.
        find: the detector, `MediapipePeople`; its first person is used.

    Returns:
        (T,), NaN where nobody was found, no joint counts in both, or the torso is unknown.
    """
    errors = []
    for frame, wanted in zip(frames, keypoints, strict=True):
        people = find(frame)
        error = torch.tensor(torch.nan)
        if people and bool((wanted[[_NECK, _HIP], 2] > 0).all()):
            got, aim = people[0].keypoints[list(JOINTS)], wanted[list(JOINTS)]
            both = (got[:, 2] > 0) & (aim[:, 2] > 0)
            distances = torch.linalg.vector_norm(got[both, :2] - aim[both, :2], dim=1)
            torso = torch.linalg.vector_norm(wanted[_NECK, :2] - wanted[_HIP, :2])
            error = distances.mean() / torso
        errors.append(error)
    return torch.stack(errors)
