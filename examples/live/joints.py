"""A skeleton whose joints are moved, and the stream of its poses."""

from __future__ import annotations

import sys

import torch
from torch import Tensor

from vidgan.conditions import BODY_LIMBS, pose_skeleton
from vidgan.data import StreamKind

JOINTS = {
    "nose": 0,
    "neck": 1,
    "right shoulder": 2,
    "right elbow": 3,
    "right wrist": 4,
    "left shoulder": 5,
    "left elbow": 6,
    "left wrist": 7,
    "middle of the hips": 8,
    "right hip": 9,
    "right knee": 10,
    "right ankle": 11,
    "left hip": 12,
    "left knee": 13,
    "left ankle": 14,
}
"""The joints that can be moved, by their position among the keypoints."""
_ROOT = JOINTS["middle of the hips"]
_HANGING = {0: range(25, 95), 7: range(95, 116), 4: range(116, 137)}  # face, left and right hand
_CANVAS = 512  # pixels, about what the longer side of a small picture is enlarged to


class PushedStream:
    """A stream whose next frames are what was pushed last; a `ClipStream` without an end.

    Args:
        kind: of the stream.
        value: its first value.
    """

    def __init__(self, kind: StreamKind, value: Tensor) -> None:
        self.kind, self.value = kind, value

    def sequences(self) -> dict[str, int]:
        return {"live": sys.maxsize}

    def size(self, sequence: str) -> None:  # noqa: ARG002 -- as in ClipStream
        return None

    def load(self, sequence: str, index: int) -> Tensor:  # noqa: ARG002 -- as in ClipStream
        """Return what was pushed last."""
        return self.value


def moves_along(joint: int) -> list[int]:
    """Return the keypoints that move when a joint does: it, and what hangs on it.

    The hips carry everything, an elbow carries its wrist and hand.
    """
    neighbors: dict[int, list[int]] = {}
    for start, end, _ in BODY_LIMBS:
        neighbors.setdefault(start, []).append(end)
        neighbors.setdefault(end, []).append(start)
    parents = {_ROOT: _ROOT}
    order = [_ROOT]
    for point in order:
        for other in neighbors[point]:
            if other not in parents:
                parents[other] = point
                order.append(other)
    moved = {joint}
    for point in order:  # parents come first
        if parents[point] in moved:
            moved.add(point)
    for point, points in _HANGING.items():
        if point in moved:
            moved.update(points)
    return sorted(moved)


def move_joint(keypoints: Tensor, name: str, x: float, y: float, size: tuple[int, int]) -> Tensor:
    """Move a joint of a pose (137, 3), and what hangs on it, to a pixel of the frame.

    Args:
        keypoints: x, y in pixels, and confidence.
        name: one of `JOINTS`.
        x: where it goes, in pixels; kept inside the frame.
        y: the same, from above.
        size: (H, W) of the frame.

    Raises:
        ValueError: there is no such joint, or the pose does not show it.
    """
    if name not in JOINTS:
        raise ValueError(f"joint must be one of {', '.join(JOINTS)}, got {name!r}")
    joint = JOINTS[name]
    if float(keypoints[joint, 2]) <= 0:
        raise ValueError(f"the pose does not show the {name}: choose another joint or first frame")
    limit = keypoints.new_tensor([size[1] - 1, size[0] - 1])
    target = keypoints.new_tensor([x, y]).clamp(keypoints.new_zeros(2), limit)
    moved = keypoints.clone()
    points = moves_along(joint)
    moved[points, :2] += target - keypoints[joint, :2]
    moved[..., :2][moved[..., 2] <= 0] = 0.0  # points that do not count stay 0
    return moved


def nearest_joint(keypoints: Tensor, x: float, y: float) -> str:
    """Return the name of the joint of a pose (137, 3) that is nearest to a pixel."""
    points = keypoints[list(JOINTS.values())]
    away = torch.linalg.vector_norm(points[:, :2] - points.new_tensor([x, y]), dim=1)
    return [*JOINTS][int(torch.where(points[:, 2] > 0, away, torch.inf).argmin())]


def between(start: Tensor, end: Tensor, count: int) -> list[Tensor]:
    """Return the poses of a motion from one pose (137, 3) to another, which is the last.

    >>> [float(pose[0, 0]) for pose in between(torch.zeros(1, 3), torch.ones(1, 3), 2)]
    [0.5, 1.0]
    """
    weights = [(step + 1) / count for step in range(count)]
    poses = [torch.lerp(start, end, weight) for weight in weights[:-1]]
    return [*(torch.where(end[:, 2:] > 0, pose, end) for pose in poses), end]


def enlargement(size: tuple[int, int]) -> float:
    """Return the factor between the picture of a skeleton and the frame."""
    return max(1.0, _CANVAS / max(size))


def draw_joints(keypoints: Tensor, name: str, size: tuple[int, int]) -> Tensor:
    """Draw a pose (137, 3) with dots on the joints, a ring on one of them, uint8 (3, H', W')."""
    factor = enlargement(size)
    large = (round(size[0] * factor), round(size[1] * factor))
    scaled = keypoints * keypoints.new_tensor([factor, factor, 1.0])
    picture = pose_skeleton(scaled, large, limb_width=6, line_width=2)
    y = torch.arange(large[0])[:, None]
    x = torch.arange(large[1])[None]
    for each, joint in JOINTS.items():
        if float(keypoints[joint, 2]) <= 0:
            continue
        away = (x - scaled[joint, 0]).hypot(y - scaled[joint, 1])
        dot = away <= 5
        if each == name:
            dot |= (away >= 10) & (away <= 13)
        picture[:, dot] = 255
    return picture
