"""The dancer's true keypoints and DensePose map."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from examples.synthetic.dancer.body import EAR, EYE, MOUTH, NOSE
from examples.synthetic.dancer.render import DancerFrame, Placed, project, surface
from vidgan.conditions import NUM_KEYPOINTS

_BODY_JOINTS = {
    1: "neck", 2: "r_shoulder", 3: "r_elbow", 4: "r_wrist", 5: "l_shoulder", 6: "l_elbow",
    7: "l_wrist", 8: "hip", 9: "r_hip", 10: "r_knee", 11: "r_ankle", 12: "l_hip", 13: "l_knee",
    14: "l_ankle", 19: "l_toe", 20: "l_small_toe", 21: "l_heel", 22: "r_toe", 23: "r_small_toe",
    24: "r_heel",
}  # fmt: skip
_HEAD_POINTS = {
    0: NOSE,
    15: (EYE[0], -EYE[1]),
    16: EYE,
    17: (EAR[0], -EAR[1]),
    18: EAR,
}
_CONFIDENCE = 0.9


def dancer_keypoints(rendered: DancerFrame) -> Tensor:
    """Compute the true keypoints of a rendered frame, without hands.

    Occluded joints of the body have full confidence as well, since good detectors infer them;
    points of the head that face away have none.

    Returns:
        float32 (137, 3): x, y in pixels, and confidence.
    """
    placed = {part.part.name: part for part in rendered.parts}
    joints = _joints(rendered)
    keypoints = torch.zeros(NUM_KEYPOINTS, 3, dtype=torch.float64)
    for index, joint in _BODY_JOINTS.items():
        keypoints[index, :2] = joints[joint]
        keypoints[index, 2] = _CONFIDENCE
    keypoints[list(_HEAD_POINTS)] = _on_head(placed["head"], torch.tensor([*_HEAD_POINTS.values()]))
    keypoints[25:95] = _on_head(placed["head"], _face_points())
    return keypoints.float()


def dancer_densepose(rendered: DancerFrame) -> Tensor:
    """Compute the true DensePose map of a rendered frame, uint8 (3, H, W)."""
    maps = torch.zeros(3, *rendered.top.shape, dtype=torch.uint8)
    for index, part in enumerate(rendered.parts):
        y, x = (rendered.top == index).nonzero(as_tuple=True)
        s, a, _, _ = surface(part, torch.stack([x, y], dim=-1).double())
        shares = torch.stack([s / part.part.length, a / (2 * math.pi) + 0.5])
        maps[:2, y, x] = (shares.clamp(0, 1) * 255).round().byte()
        maps[2, y, x] = part.part.densepose
    return maps


def _joints(rendered: DancerFrame) -> dict[str, Tensor]:
    """Compute the joints in pixels, from the scale and position of the parts."""
    part = rendered.parts[0]
    origin = part.start - part.scale * rendered.pose.joints[part.part.start]
    return {name: origin + part.scale * position for name, position in rendered.pose.joints.items()}


def _on_head(head: Placed, points: Tensor) -> Tensor:
    s, a = points.double().unbind(-1)
    pixels, seen = project(head, s, a)
    confidence = _CONFIDENCE * seen[:, None].double()
    return torch.cat([pixels * (confidence > 0), confidence], dim=1)


def _face_points() -> Tensor:
    """Place OpenPose's 70 face points on the dancer's head, as (s, a)."""
    jaw = [(0.075 - 0.072 * math.cos(a), 1.3 * math.sin(a)) for a in _steps(17)]
    brows = [
        (EYE[0] + 0.016 + 0.004 * math.cos(a), side * EYE[1] + 0.26 * math.sin(a))
        for side in (-1, 1)
        for a in _steps(5)
    ]
    bridge = [(NOSE[0] + 0.02 - 0.006 * i, 0.0) for i in range(4)]
    nostrils = [(NOSE[0] - 0.008 - 0.002 * math.cos(a), 0.15 * math.sin(a)) for a in _steps(5)]
    eyes = [
        (EYE[0] + 0.008 * math.sin(angle), side * EYE[1] - 0.24 * math.cos(angle))
        for side in (-1, 1)
        for angle in (0, math.pi / 3, 2 * math.pi / 3, math.pi, 4 * math.pi / 3, 5 * math.pi / 3)
    ]
    mouth = [
        (MOUTH[0] + reach * 0.009 * math.sin(angle), -reach * 0.36 * math.cos(angle))
        for count, reach in ((12, 1.0), (8, 0.7))
        for angle in (2 * math.pi * i / count for i in range(count))
    ]
    pupils = [(EYE[0], -EYE[1]), EYE]
    return torch.tensor([*jaw, *brows, *bridge, *nostrils, *eyes, *mouth, *pupils])


def _steps(count: int) -> list[float]:
    """Return ``count`` angles from -90 to 90 degrees."""
    return [math.pi * (i / (count - 1) - 0.5) for i in range(count)]
