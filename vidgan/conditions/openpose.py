"""OpenPose's JSON files: the 137 keypoints of one person."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from vidgan.conditions._keypoints import COUNTS, keypoint_array
from vidgan.conditions.pose_layout import BODY
from vidgan.files import atomic_file, read_text

# Name in the file and number of points, in the order of the 137 keypoints.
_FIELDS = (
    ("pose_keypoints_2d", 25),
    ("face_keypoints_2d", 70),
    ("hand_left_keypoints_2d", 21),
    ("hand_right_keypoints_2d", 21),
)
# The 18 points of OpenPose's COCO model have the order of BODY_25 without the middle of the hips.
_NUM_COCO, _MID_HIP, _HIPS = 18, 8, (9, 12)


class OpenPosePeople(NamedTuple):
    """The contents of an OpenPose file.

    Attributes:
        keypoints: of the largest person, float32 (137, 3): x, y in pixels, and confidence; all 0
            where nobody was found.
        people: how many persons the file has.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "00000.json"
        >>> _ = file.write_text('{"people": []}')
        >>> keypoints, people = read_openpose(file)
        >>> people, int(keypoints.count_nonzero())
        (0, 0)
    """

    keypoints: Tensor
    people: int


def read_openpose(path: str | os.PathLike[str]) -> OpenPosePeople:
    """Read the keypoints of the largest person from an OpenPose JSON file.

    The format of Cao et al. 2019, "OpenPose" (`arXiv:1812.08008
    <https://arxiv.org/abs/1812.08008>`__). The largest person is the one
    whose body points with confidence above 0.01 span the largest box.
    Face and hands may be missing; their points then have confidence 0. A body has the 25 points of
    BODY_25, or the 18 of the COCO model, which become the first 19 of BODY_25: the middle of the
    hips lies between them, and the feet have confidence 0.

    A point without confidence (0 or ``null``) whose place is ``null`` or NaN was not found: it
    becomes (0, 0, 0), as OpenPose writes it.

    Args:
        path: the file.

    Returns:
        The keypoints (137, 3) of that person, and how many there are.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no OpenPose file with 25 or 18 body points; the text names it.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "00000.json"
        >>> write_openpose(file, torch.ones(137, 3))
        >>> read_openpose(file).keypoints.shape, read_openpose(file).people
        (torch.Size([137, 3]), 1)
    """
    path = Path(path)
    try:
        return parse_openpose(json.loads(read_text(path)))
    except FileNotFoundError:
        raise
    except KeyError as error:
        raise ValueError(f"read_openpose: {path} has no {error}; it is no OpenPose file") from error
    except (AttributeError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(f"read_openpose: {path} is no OpenPose file: {error}") from error


def parse_openpose(content: Any) -> OpenPosePeople:
    """Read the largest person from what an OpenPose file contains, or raise."""
    people = [_keypoints(person) for person in content["people"]]
    if not people:
        return OpenPosePeople(torch.zeros(sum(count for _, count in _FIELDS), 3), 0)
    return OpenPosePeople(max(people, key=_extent), len(people))


def write_openpose(path: str | os.PathLike[str], keypoints: Tensor) -> None:
    """Write one person's keypoints as OpenPose does, to a hundredth of a pixel.

    Args:
        path: the file to write; its folder must exist.
        keypoints: (137, 3), x, y in pixels, and confidence.

    Raises:
        TypeError: ``keypoints`` is no real-valued tensor.
        ValueError: wrong shape, or a number that is not finite.
        OSError: the folder does not exist or cannot be written to.

    Example:
        >>> import tempfile
        >>> write_openpose(Path(tempfile.mkdtemp()) / "00000.json", torch.zeros(137, 3))
    """
    points = keypoint_array(keypoints, "write_openpose", video=False)[0]
    person, start = {}, 0
    for name, count in _FIELDS:
        rows = points[start : start + count].tolist()
        person[name] = [n for x, y, c in rows for n in (round(x, 2), round(y, 2), round(c, 4))]
        start += count
    with atomic_file(path, function="write_openpose") as temporary:
        temporary.write_text(json.dumps({"version": 1.3, "people": [person]}))


def _keypoints(person: dict[str, Any]) -> Tensor:
    parts: list[Tensor] = []
    for name, count in _FIELDS:
        numbers = person.get(name) or [] if parts else person[name]  # only the body is a must
        is_coco = not parts and len(numbers) == 3 * _NUM_COCO
        if len(numbers) != 3 * count and (numbers or not parts) and not is_coco:
            raise ValueError(
                f"{name} must hold {3 * count} numbers (x, y, confidence of {count} points), got "
                f"{len(numbers)}"
            )
        points = torch.tensor(found_points(numbers) or [0.0] * (3 * count), dtype=torch.float32)
        if not bool(points.isfinite().all()):
            raise ValueError(f"{name} must hold finite numbers")
        points = points.view(-1, 3)
        parts.append(_body25(points) if is_coco else points)
    return torch.cat(parts)


def found_points(numbers: list[float | None]) -> list[float]:
    """Put (0, 0, 0) for points that were not found: without a place, and without confidence."""
    found: list[Any] = []
    for point in zip(*[iter(numbers)] * 3, strict=True):
        is_missing = not point[2] and any(n is None or math.isnan(n) for n in point[:2])
        found += (0.0, 0.0, 0.0) if is_missing else point
    return found


def _body25(coco: Tensor) -> Tensor:
    """Turn the 18 points of the COCO model into BODY_25: (18, 3) -> (25, 3)."""
    body = torch.zeros(25, 3)
    body[:_MID_HIP] = coco[:_MID_HIP]
    body[_MID_HIP + 1 : _NUM_COCO + 1] = coco[_MID_HIP:]
    hips = body[list(_HIPS)]
    if bool((hips[:, 2] > 0).all()):
        body[_MID_HIP, :2], body[_MID_HIP, 2] = hips[:, :2].mean(0), hips[:, 2].min()
    return body


def _extent(keypoints: Tensor) -> float:
    body = keypoints[BODY]
    counted = body[body[:, 2] > COUNTS, :2]
    return float((counted.amax(0) - counted.amin(0)).prod()) if len(counted) else -1.0
