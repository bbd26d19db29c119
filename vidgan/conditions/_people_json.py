"""Parses the people of one frame from JSON: OpenPose, and MMPose, DWPose and rtmlib."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from vidgan.conditions.wholebody import NUM_WHOLEBODY, wholebody133_to_openpose

# Name in the file and number of points, in the order of the 137 keypoints.
FIELDS = (
    ("pose_keypoints_2d", 25),
    ("face_keypoints_2d", 70),
    ("hand_left_keypoints_2d", 21),
    ("hand_right_keypoints_2d", 21),
)
# The 18 points of OpenPose's COCO model have the order of BODY_25 without the middle of the hips.
NUM_COCO, _MID_HIP, _HIPS = 18, 8, (9, 12)
_SCORES = ("keypoint_scores", "scores", "keypoints_scores")
# Which of the 133 points each point of other layouts is: COCO-17, and Halpe-26 (BodyWithFeet).
_HALPE_FEET = (20, 22, 24, 21, 23, 25)
_NUM_OPENPOSE_WHOLEBODY = 134  # rtmlib's to_openpose: 18 of the body, feet, face, hands


def parse_people(content: Any, *, may_be_empty: bool = True) -> list[Tensor]:
    """Read everybody, float32 (137, 3) each, from what a file contains, or raise."""
    if content == [] and not may_be_empty:
        raise ValueError("it is an empty list, which does not say what it is a list of")
    if isinstance(content, list) and len(content) == 1 and _is_openpose(content[0]):
        content = content[0]  # ControlNet's DWPose writes a list of frames
    if _is_openpose(content) or not is_wholebody(content):
        return [_openpose_person(person) for person in content["people"]]
    return [_instance(points, scores) for points, scores in _instances(content)]


def is_wholebody(content: Any) -> bool:
    """Return whether JSON has the layout of MMPose, DWPose or rtmlib."""
    if isinstance(content, list):
        return all(isinstance(each, dict) and "keypoints" in each for each in content)
    return isinstance(content, dict) and (
        "instances" in content or "instance_info" in content or "keypoints" in content
    )


def _is_openpose(content: Any) -> bool:
    return isinstance(content, dict) and "people" in content


def _instances(content: Any) -> list[tuple[Any, Any]]:
    """List the points and the scores of each instance."""
    if isinstance(content, dict) and "keypoints" not in content:
        content = content.get("instances", content.get("instance_info"))
        if isinstance(content, list) and content and "instances" in content[0]:
            if len(content) > 1:
                raise ValueError(
                    f"it holds {len(content)} frames; write one file per frame, named after it"
                )
            content = content[0]["instances"]
    if isinstance(content, list):
        return [(each["keypoints"], _scores_of(each)) for each in content]
    points, scores = content["keypoints"], _scores_of(content)
    if points and not isinstance(points[0][0], list):  # one person without a list of people
        return [(points, scores)]
    return list(zip(points, [None] * len(points) if scores is None else scores, strict=True))


def _scores_of(instance: dict[str, Any]) -> Any:
    return next((instance[name] for name in _SCORES if name in instance), None)


def _instance(points: Any, scores: Any) -> Tensor:
    if len(points) == 1 and points and len(points[0]) > 3:  # MMPose keeps a batch of one
        points, scores = points[0], None if scores is None else scores[0]
    places = torch.tensor(points, dtype=torch.float32)
    if places.dim() != 2 or places.shape[1] != (3 if scores is None else 2):
        rule = "keypoints must be [x, y, score], or [x, y] with a list of scores beside them"
        raise ValueError(f"{rule}, got shape {tuple(places.shape)}")
    if scores is not None:
        confidence = torch.tensor(scores, dtype=torch.float32).flatten()
        if len(confidence) != len(places):
            raise ValueError(f"{len(places)} keypoints must have as many scores: {len(confidence)}")
        places = torch.cat([places, confidence[:, None]], dim=1)
    if not bool(places.isfinite().all()):
        raise ValueError("keypoints must be finite numbers")
    if len(places) == _NUM_OPENPOSE_WHOLEBODY:
        return _from_openpose134(places)
    whole = torch.zeros(NUM_WHOLEBODY, 3)
    if len(places) in (17, NUM_WHOLEBODY):
        whole[: len(places)] = places
    elif len(places) == 26:
        whole[:17], whole[17:23] = places[:17], places[list(_HALPE_FEET)]
    else:
        rule = "17 (COCO), 26 (Halpe), 133 (COCO-WholeBody) or 134 (rtmlib's OpenPose layout)"
        raise ValueError(f"a person must have {rule} keypoints, got {len(places)}")
    return wholebody133_to_openpose(whole)


def _from_openpose134(points: Tensor) -> Tensor:
    """Turn rtmlib's 18 points of the body, 6 of the feet, 68 and 42 into the 137."""
    points = points.clamp(max=torch.tensor([torch.inf, torch.inf, 1.0]))
    points = torch.where(points[:, 2:] >= 0.3, points, 0.0)
    whole = torch.zeros(NUM_WHOLEBODY, 3)
    whole[17:] = points[18:]  # feet, face and hands are as in COCO-WholeBody
    keypoints = wholebody133_to_openpose(whole)
    keypoints[:19] = body25(points[:NUM_COCO])[:19]
    return keypoints


def _openpose_person(person: dict[str, Any]) -> Tensor:
    parts: list[Tensor] = []
    for name, count in FIELDS:
        numbers = person.get(name) or [] if parts else person[name]  # only the body is a must
        is_coco = not parts and len(numbers) == 3 * NUM_COCO
        is_face68 = name == FIELDS[1][0] and len(numbers) == 3 * 68  # no pupils
        fits = len(numbers) == 3 * count or is_coco or is_face68
        if not fits and (numbers or not parts):
            raise ValueError(
                f"{name} must hold {3 * count} numbers (x, y, confidence of {count} points), got "
                f"{len(numbers)}"
            )
        numbers = [*numbers, *[0.0] * (6 if is_face68 else 0)]
        points = torch.tensor(found_points(numbers) or [0.0] * (3 * count), dtype=torch.float32)
        if not bool(points.isfinite().all()):
            raise ValueError(f"{name} must hold finite numbers")
        points = points.view(-1, 3)
        parts.append(body25(points) if is_coco else points)
    return torch.cat(parts)


def found_points(numbers: Sequence[float | None]) -> list[float]:
    """Put (0, 0, 0) for points that were not found: without a place, and without confidence."""
    found: list[Any] = []
    for point in zip(*[iter(numbers)] * 3, strict=True):
        is_missing = not point[2] and any(n is None or math.isnan(n) for n in point[:2])
        found += (0.0, 0.0, 0.0) if is_missing else point
    return found


def body25(coco: Tensor) -> Tensor:
    """Turn the 18 points of the COCO model into BODY_25: (18, 3) -> (25, 3)."""
    body = torch.zeros(25, 3)
    body[:_MID_HIP] = coco[:_MID_HIP]
    body[_MID_HIP + 1 : NUM_COCO + 1] = coco[_MID_HIP:]
    hips = body[list(_HIPS)]
    if bool((hips[:, 2] > 0).all()):
        body[_MID_HIP, :2], body[_MID_HIP, 2] = hips[:, :2].mean(0), hips[:, 2].min()
    return body
