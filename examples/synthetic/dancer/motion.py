"""The dancer's motion: 3D joints at any time.

Lengths are in body heights. x points to the right of the image, y down, z towards the viewer;
the floor is y = 0. The dancer faces the viewer, so its right side is at the left of the image.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

# Lengths over body height, about those of an adult; y of standing hips and of ankles.
TORSO, NECK, HEAD = 0.29, 0.05, 0.15
SHOULDER, HIP = 0.115, 0.075  # half the distance between left and right
UPPER_ARM, FOREARM, HAND = 0.165, 0.145, 0.07
THIGH, SHANK, FOOT, HEEL = 0.235, 0.225, 0.13, 0.03
ANKLE, STANDING = 0.045, 0.485
_CAMERA_PITCH = 0.2  # radians; a view slightly from above, so that feet point down in the image
_SMOOTH = 0.7  # fraction of a beat that a step takes

# Arm poses as (shoulder, elbow, forward) in radians: the upper arm from hanging, outwards; the
# forearm relative to the upper arm; both towards the viewer.
_ARM_POSES = (
    (0.25, 0.15, 0.1),  # hanging
    (0.75, -1.7, 0.25),  # hand on the hip
    (1.5, 0.1, 0.1),  # stretched out
    (2.6, 0.2, 0.1),  # up
    (1.45, 1.5, 0.1),  # upper arm out, hand up
    (0.45, -1.15, 0.5),  # across the belly
    (2.1, 0.9, 0.2),  # hand over the head
)


class Pose(NamedTuple):
    """The pose of the dancer at one time.

    Attributes:
        joints: name -> (x, y), seen from the camera, in body heights.
        depths: name -> z, seen from the camera.
        body_turn: rotation of the chest about the vertical axis, in radians, positive to the
            image's right.
        head_turn: rotation of the head, in the same way.
    """

    joints: dict[str, Tensor]
    depths: dict[str, float]
    body_turn: float
    head_turn: float


class Dance:
    """An endless dance: steps from beat to beat, arms from pose to pose, sway, turns and nods.

    Args:
        seed: seed of the choice of steps and arm poses.
        beat: length of a beat in frames.
        room: how far the feet go to either side, in body heights.
    """

    def __init__(self, seed: int, *, beat: float = 16.0, room: float = 0.25) -> None:
        self.beat, self.room = beat, room
        generator = torch.Generator().manual_seed(seed)
        self._count = 256
        # Never the same pose twice in a row: each is one to six entries further in the list.
        further = torch.randint(1, len(_ARM_POSES), (2, self._count), generator=generator)
        self._arms = (further.cumsum(1) % len(_ARM_POSES)).tolist()
        self._marks = self._steps(generator)
        self._phases = (2 * math.pi * torch.rand(6, generator=generator)).tolist()

    def pose(self, frame: float) -> Pose:
        """Return the pose at a frame index, which may be any real number."""
        beats = frame / self.beat
        feet, lifts = self._feet(beats)
        swing = [math.sin(math.pi * beats / 2 + phase) for phase in self._phases]
        slow = [math.sin(math.pi * beats / 5.3 + phase) for phase in self._phases]
        body_turn = 0.45 * slow[0] + 0.15 * swing[0]
        head_turn = 0.8 * body_turn + 0.35 * slow[1]
        lean = 0.08 * swing[2]
        middle = (feet[0] + feet[1]) / 2 + 0.03 * swing[3]
        bounce = 0.035 * (0.5 - 0.5 * math.cos(2 * math.pi * beats)) + 0.02
        points: dict[str, list[float]] = {}
        points["hip"] = [middle, -STANDING + bounce, 0.0]
        trunk = [TORSO * math.sin(lean), -TORSO * math.cos(lean), 0.0]
        points["neck"] = _add(points["hip"], trunk)
        nod = 0.12 * swing[4]
        up = [math.sin(lean / 2 + nod), -math.cos(lean / 2 + nod), 0.0]
        points["chin"] = _add(points["neck"], [NECK * step for step in up])
        points["top"] = _add(points["chin"], [HEAD * step for step in up])
        hip_turn = 0.6 * body_turn
        for side, name in ((-1, "r"), (1, "l")):
            index = (side + 1) // 2
            self._add_arm(points, name, side, self._arm(index, beats, swing[index + 1]), body_turn)
            foot = [feet[index], -ANKLE - lifts[index], 0.02 * side * math.sin(hip_turn)]
            _add_leg(points, name, side, foot, hip_turn)
        return _seen(points, body_turn, head_turn)

    def _steps(self, generator: torch.Generator) -> Tensor:
        """Choose the feet's positions after each beat, (beats, 2); one foot moves at a time."""
        marks = [(-0.1, 0.1)]
        for beat in range(self._count):
            right, left = marks[-1]
            drawn, wide = torch.rand(2, generator=generator).tolist()
            stance = 0.14 + 0.2 * wide
            if beat % 2:
                left = min(right + stance, self.room + 0.05)
            else:
                right = max(left - stance, -self.room - 0.05)
                if drawn < 0.35:  # step back towards the middle
                    right = min(left - 0.12, 0.0 + 0.1 * wide)
            marks.append((right, left))
        return torch.tensor([*marks[:-1], marks[0]])  # repeats from the start

    def _feet(self, beats: float) -> tuple[list[float], list[float]]:
        number, share = int(beats // 1) % self._count, beats % 1.0
        before, after = self._marks[number], self._marks[number + 1]
        step = _ease(min(share / _SMOOTH, 1.0))
        places = (before + (after - before) * step).tolist()
        moved = ((after - before).abs() > 0.01).tolist()
        height = 0.06 * math.sin(math.pi * min(share / _SMOOTH, 1.0)) ** 2
        return places, [height if moves else 0.0 for moves in moved]

    def _arm(self, index: int, beats: float, swing: float) -> list[float]:
        """Interpolate between arm poses, two beats each; the two arms are one beat apart."""
        time = beats / 2 + 0.5 * index
        number, share = int(time // 1) % self._count, _ease(min((time % 1.0) / 0.9, 1.0))
        poses = self._arms[index]
        before = _ARM_POSES[poses[number]]
        after = _ARM_POSES[poses[(number + 1) % self._count]]
        angles = [a + (b - a) * share for a, b in zip(before, after, strict=True)]
        return [angles[0] + 0.12 * swing, angles[1] + 0.1 * swing, angles[2]]

    @staticmethod
    def _add_arm(
        points: dict[str, list[float]], name: str, side: int, angles: list[float], turn: float
    ) -> None:
        outwards, elbow, forward = angles
        shoulder = _add(points["neck"], _turned(side * SHOULDER, 0.025, 0.0, turn))
        points[f"{name}_shoulder"] = shoulder
        position, angle = shoulder, outwards
        lengths = (("elbow", UPPER_ARM, 0.0), ("wrist", FOREARM, elbow), ("hand", HAND, 0.0))
        for joint, length, bend in lengths:
            angle += bend
            flat = length * math.cos(forward)
            step = (
                side * flat * math.sin(angle),
                flat * math.cos(angle),
                length * math.sin(forward),
            )
            position = _add(position, _turned(*step, turn))
            points[f"{name}_{joint}"] = position


def _add_leg(
    points: dict[str, list[float]], name: str, side: int, ankle: list[float], turn: float
) -> None:
    """Add a knee between hip and ankle that bends in the direction the dancer faces."""
    hip = _add(points["hip"], _turned(side * HIP, 0.0, 0.0, turn))
    away = [a - h for a, h in zip(ankle, hip, strict=True)]
    distance = math.sqrt(sum(step**2 for step in away))
    reach = min(distance, 0.999 * (THIGH + SHANK))
    ankle = _add(hip, [step * reach / distance for step in away])
    along = (THIGH**2 - SHANK**2 + reach**2) / (2 * reach)
    bend = math.sqrt(max(THIGH**2 - along**2, 0.0))
    front = _turned(0.35 * side, 0.0, 1.0, turn)
    unit = [step / distance for step in away]
    inner = sum(f * u for f, u in zip(front, unit, strict=True))
    front = [f - inner * u for f, u in zip(front, unit, strict=True)]
    size = math.sqrt(sum(step**2 for step in front))
    knee = [h + along * u + bend * f / size for h, u, f in zip(hip, unit, front, strict=True)]
    points |= {f"{name}_hip": hip, f"{name}_knee": knee, f"{name}_ankle": ankle}
    outwards = turn + 0.45 * side
    down = 0.75 * ANKLE
    points[f"{name}_heel"] = _add(ankle, _turned(0.0, down, -HEEL, outwards))
    points[f"{name}_toe"] = _add(ankle, _turned(0.0, down, FOOT - HEEL, outwards))
    points[f"{name}_small_toe"] = _add(ankle, _turned(0.04 * side, down, FOOT - 0.05, outwards))


def _seen(points: dict[str, list[float]], body_turn: float, head_turn: float) -> Pose:
    """Project the joints orthographically, with the pitch of the camera."""
    cosine, sine = math.cos(_CAMERA_PITCH), math.sin(_CAMERA_PITCH)
    joints = {
        name: torch.tensor([x, y * cosine + z * sine], dtype=torch.float64)
        for name, (x, y, z) in points.items()
    }
    depths = {name: z * cosine - y * sine for name, (_, y, z) in points.items()}
    return Pose(joints, depths, body_turn, head_turn)


def _turned(x: float, y: float, z: float, turn: float) -> list[float]:
    """Rotate a vector about the vertical axis; positive turns the viewer's side to the right."""
    return [x * math.cos(turn) + z * math.sin(turn), y, z * math.cos(turn) - x * math.sin(turn)]


def _add(position: list[float], step: list[float]) -> list[float]:
    return [a + b for a, b in zip(position, step, strict=True)]


def _ease(share: float) -> float:
    """Ease in and out from 0 to 1, with zero speed at both ends."""
    return share * share * (3 - 2 * share)
