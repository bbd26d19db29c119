"""Checks one file of landmarks or keypoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vidgan.data.check._findings import Fault

Points = list[tuple[float, float]]

_LARGEST = 1e9  # larger numbers, infinity and NaN are no coordinates
_NUM_LANDMARKS = 68
_NUM_BODY = 75  # BODY_25: x, y, confidence
_MORE_PARTS = {  # their length in numbers, where they are given
    "face_keypoints_2d": 210,
    "hand_left_keypoints_2d": 63,
    "hand_right_keypoints_2d": 63,
}

_NOBODY = Fault("nobody", "keypoints: nobody was found", severity="warning")


def check_landmarks(file: Path, size: tuple[int, int] | None) -> list[Fault]:
    """Check a JSON list of 68 [x, y], for an image of ``size`` (H, W)."""
    rule = f"landmarks: a file must be a JSON list of {_NUM_LANDMARKS} [x, y]"
    value, faults = _read(file, rule)
    if faults:
        return faults
    if not isinstance(value, list):
        return [Fault("malformed", rule, f"got {_name(value)}")]
    if len(value) != _NUM_LANDMARKS:
        return [Fault("malformed", rule, f"got {len(value)} entries")]
    for number, point in enumerate(value):
        if not (isinstance(point, list) and len(point) == 2 and all(map(_is_number, point))):
            return [Fault("malformed", rule, f"got {_name(point)} at {number}")]
    return _check_places([(x, y) for x, y in value], size, "landmarks")


def check_keypoints(file: Path, size: tuple[int, int] | None) -> list[Fault]:
    """Check an OpenPose BODY_25 file, for an image of ``size`` (H, W)."""
    rule = (
        "keypoints: a file must be OpenPose JSON, people[0].pose_keypoints_2d with "
        f"{_NUM_BODY} numbers (BODY_25: x, y, confidence)"
    )
    value, faults = _read(file, rule)
    if faults:
        return faults
    people = value.get("people") if isinstance(value, dict) else None
    if not isinstance(people, list):
        return [Fault("malformed", rule, f"got {_name(value)} without a list of people")]
    if not people:
        return [_NOBODY]
    several = "keypoints: more than one person was found; the first is used"
    faults = [Fault("people", several, f"{len(people)}", "warning")] if len(people) > 1 else []
    person = people[0] if isinstance(people[0], dict) else {}
    wrong = _check_person(person, rule)
    if wrong is not None:
        return [*faults, wrong]
    body = person["pose_keypoints_2d"]
    seen = [(x, y) for x, y, trust in zip(*[iter(body)] * 3, strict=True) if trust > 0]
    return faults + (_check_places(seen, size, "keypoints") if seen else [_NOBODY])


def _check_person(person: dict[str, Any], rule: str) -> Fault | None:
    for part, length in {"pose_keypoints_2d": _NUM_BODY, **_MORE_PARTS}.items():
        numbers = person.get(part)
        if part in _MORE_PARTS and not numbers:
            continue
        if not isinstance(numbers, list) or not all(map(_is_number, numbers)):
            return Fault("malformed", rule, f"got {_name(numbers)} as {part}")
        if len(numbers) != length:
            return Fault("malformed", rule, f"got {len(numbers)} numbers in {part}, not {length}")
        if not all(abs(number) < _LARGEST for number in numbers):
            return _not_finite("keypoints")
    return None


def _read(file: Path, rule: str) -> tuple[Any, list[Fault]]:
    try:
        return json.loads(file.read_text("utf-8")), []
    except (ValueError, RecursionError) as error:
        return None, [Fault("malformed", rule, f"no JSON: {error}")]


def _check_places(points: Points, size: tuple[int, int] | None, kind: str) -> list[Fault]:
    if not all(abs(x) < _LARGEST and abs(y) < _LARGEST for x, y in points):
        return [_not_finite(kind)]
    if size is None:
        return []
    height, width = size
    if min(size) > 2 and all(0 <= x <= 1 and 0 <= y <= 1 for x, y in points):
        rule = f"{kind}: coordinates must be pixels, not shares of the width and height"
        return [Fault("not_pixels", rule, "all are in [0, 1]")]
    if not any(0 <= x < width and 0 <= y < height for x, y in points):
        rule = f"{kind}: the points must lie in the image, not all outside of it"
        xs, ys = [x for x, _ in points], [y for _, y in points]
        got = f"x {min(xs):g} to {max(xs):g}, y {min(ys):g} to {max(ys):g}, {width} x {height} wide"
        return [Fault("outside", rule, got)]
    return []


def _not_finite(kind: str) -> Fault:
    return Fault("not_finite", f"{kind}: coordinates must be finite", "NaN or infinity")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _name(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    return f"a list of {len(value)}" if isinstance(value, list) else f"{value!r:.40}"
