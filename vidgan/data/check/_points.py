"""Checks one file of landmarks or keypoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from vidgan.conditions._people_json import found_points, is_wholebody, parse_people
from vidgan.conditions.openpose import largest_person
from vidgan.data.check._findings import Fault
from vidgan.data.check._layout import Kind
from vidgan.data.point_files import found_point, is_nothing, read_point_array, read_points
from vidgan.data.point_units import point_units
from vidgan.files import read_json

Points = list[tuple[float, float]]

_LARGEST = 1e9  # larger numbers, infinity and NaN are no coordinates
_NUM_LANDMARKS = 68
_SHARES = {"unit": "all are in [0, 1]", "signed": "all are in [-1, 1]", "unclear": ""}
_NUM_BODY_POINTS = 25
_NUM_BODY, _NUM_COCO = 3 * _NUM_BODY_POINTS, 3 * 18  # x, y, confidence
_OTHER_LENGTHS = {"pose_keypoints_2d": _NUM_COCO, "face_keypoints_2d": 3 * 68}
_MORE_PARTS = {  # their length in numbers, where they are given
    "face_keypoints_2d": 210,
    "hand_left_keypoints_2d": 63,
    "hand_right_keypoints_2d": 63,
}


def check_landmarks(file: Path, kind: Kind, size: tuple[int, int] | None) -> list[Fault]:
    """Check a JSON list of 68 [x, y], for an image of ``size`` (H, W).

    In a raw folder a frame may be without a face, and points may have a confidence.
    """
    rule = f"{kind.name}: a file must be a JSON list of {_NUM_LANDMARKS} [x, y]"
    value, faults = _read(file, rule, kind.name)
    if faults:
        return faults
    if kind.is_raw and (value is None or (isinstance(value, list) and is_nothing(value))):
        nobody = f"{kind.name}: no face was found; its points are interpolated"
        return [Fault("nobody", nobody, severity="warning")]
    if not isinstance(value, list):
        return [Fault("malformed", rule, f"got {_name(value)}")]
    if len(value) != _NUM_LANDMARKS:
        return [Fault("malformed", rule, f"got {len(value)} entries")]
    numbers = 3 if kind.is_raw and isinstance(value[0], list) and len(value[0]) == 3 else 2
    points = [found_point(point) for point in value]
    for number, point in enumerate(points):
        if not (isinstance(point, list) and len(point) == numbers and all(map(_is_number, point))):
            return [Fault("malformed", rule, f"got {_name(point)} at {number}")]
    places = [(p[0], p[1]) for p in points if len(p) == 2 or p[2] != 0]
    return _check_places(places, size, kind.name)


def check_other_landmarks(file: Path, kind: Kind, size: tuple[int, int] | None) -> list[Fault]:
    """Check a file of 68 points that is no JSON, or an array of all frames."""
    rule = f"{kind.name}: a file must be a list of {_NUM_LANDMARKS} [x, y]"
    is_array = file.suffix.lower() == ".npy" and file.parent.name == kind.name
    try:
        frames = read_point_array(file) if is_array else [read_points(file)]
    except ValueError as error:
        return [Fault("malformed", rule, str(error).rpartition(str(file))[2].strip(" :"))]
    faults = []
    for points in frames:
        if points is None:
            nobody = f"{kind.name}: no face was found; its points are interpolated"
            faults.append(Fault("nobody", nobody, severity="warning"))
        elif len(points) != _NUM_LANDMARKS:
            faults.append(Fault("malformed", rule, f"got {len(points)} points"))
        else:
            places = points[points[:, 2] > 0] if points.shape[1] == 3 else points
            faults += _check_places([(x, y) for x, y, *_ in places.tolist()], size, kind.name)
    return list(dict.fromkeys(faults))


def check_keypoints(file: Path, kind: Kind, size: tuple[int, int] | None) -> list[Fault]:
    """Check an OpenPose file, for an image of ``size`` (H, W): of everybody, as all are read."""
    rule = (
        f"{kind.name}: a file must be OpenPose JSON, people[0].pose_keypoints_2d with "
        f"{_NUM_BODY} numbers (BODY_25: x, y, confidence) or {_NUM_COCO} (COCO), and so on"
    )
    value, faults = _read(file, rule, kind.name)
    if faults:
        return faults
    if isinstance(value, list) and len(value) == 1 and not is_wholebody(value):
        value = value[0]  # a list of one frame
    if is_wholebody(value) and (value or kind.is_raw):
        try:
            number = len(parse_people(value))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            return [Fault("malformed", rule, f"got {error}")]
    else:
        people = value.get("people") if isinstance(value, dict) else None
        if not isinstance(people, list):
            return [Fault("malformed", rule, f"got {_name(value)} without a list of people")]
        number = len(people)
    nobody = [Fault("nobody", f"{kind.name}: nobody was found", severity="warning")]
    if not number:
        return nobody
    several = f"{kind.name}: more than one person was found; the largest is used"
    if kind.is_raw:
        several += ", followed through the sequence"
    faults = [Fault("people", several, f"{number}", "warning")] if number > 1 else []
    if not is_wholebody(value) and (wrong := _check_people(value["people"], rule, kind.name)):
        return [*faults, wrong]
    body = largest_person(torch.stack(parse_people(value)))[:_NUM_BODY_POINTS]
    seen: Points = [(x, y) for x, y, trust in body.tolist() if trust > 0]
    return faults + (_check_places(seen, size, kind.name) if seen else nobody)


def _check_people(people: list[Any], rule: str, kind: str) -> Fault | None:
    for number, person in enumerate(people):
        wrong = _check_person(person if isinstance(person, dict) else {}, rule, kind)
        if wrong is not None:
            return wrong._replace(got=wrong.got + (f" of people[{number}]" if number else ""))
    return None


def _check_person(person: dict[str, Any], rule: str, kind: str) -> Fault | None:
    for part, length in {"pose_keypoints_2d": _NUM_BODY, **_MORE_PARTS}.items():
        numbers = person.get(part)
        if part in _MORE_PARTS and not numbers:
            continue
        lengths = (length, _OTHER_LENGTHS.get(part, length))
        if not isinstance(numbers, list) or not all(n is None or _is_number(n) for n in numbers):
            return Fault("malformed", rule, f"got {_name(numbers)} as {part}")
        if len(numbers) not in lengths:
            return Fault("malformed", rule, f"got {len(numbers)} numbers in {part}, not {length}")
        found = found_points(numbers)
        if None in found:
            return Fault("malformed", rule, f"got null in {part}")
        if not all(abs(number) < _LARGEST for number in found):
            return _not_finite(kind)
    return None


def _read(file: Path, rule: str, kind: str) -> tuple[Any, list[Fault]]:
    try:
        return read_json(file, allow_nan=True), []
    except ValueError as error:
        if "numbers must be finite" in str(error):
            return None, [_not_finite(kind)]
        reason = str(error).partition(f"{file} is ")[2] or str(error)
        return None, [Fault("malformed", rule, reason)]


def _check_places(points: Points, size: tuple[int, int] | None, kind: str) -> list[Fault]:
    if not all(abs(x) < _LARGEST and abs(y) < _LARGEST for x, y in points):
        return [_not_finite(kind)]
    if size is None:
        return []
    height, width = size
    if not any(0 <= x < width and 0 <= y < height for x, y in points):
        rule = f"{kind}: the points must lie in the image, not all outside of it"
        xs, ys = [x for x, _ in points], [y for _, y in points]
        got = f"x {min(xs):g} to {max(xs):g}, y {min(ys):g} to {max(ys):g}, {width} x {height} wide"
        return [Fault("outside", rule, got)]
    units = point_units(torch.tensor([(x, y, 1) for x, y in points]).view(1, -1, 3), size)
    if units.unit in _SHARES:
        rule = f"{kind}: coordinates must be pixels, not shares of the width and height"
        return [Fault("not_pixels", rule, _SHARES[units.unit] or units.found)]
    if units.unit == "swapped":
        rule = f"{kind}: x must stand before y"
        return [Fault("not_pixels", rule, "the head is mirrored and lies on its side")]
    return []


def _not_finite(kind: str) -> Fault:
    return Fault("not_finite", f"{kind}: coordinates must be finite", "NaN or infinity")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _name(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    return f"a list of {len(value)}" if isinstance(value, list) else f"{value!r:.40}"
