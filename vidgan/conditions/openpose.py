"""OpenPose's JSON files: the 137 keypoints of one person."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from vidgan.conditions._keypoints import COUNTS, keypoint_array
from vidgan.conditions._people_json import FIELDS, parse_people
from vidgan.conditions.pose_layout import BODY, NUM_KEYPOINTS
from vidgan.files import atomic_file, read_json


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


def read_people(path: str | os.PathLike[str]) -> Tensor:
    """Read the keypoints of everybody in a frame from a JSON file.

    Two families of files are read. OpenPose's (Cao et al. 2019, `arXiv:1812.08008
    <https://arxiv.org/abs/1812.08008>`__), as ControlNet's DWPose writes them too: ``people``, each
    with ``pose_keypoints_2d`` and optionally face and hands, whose points have confidence 0 where
    they are missing. A body has the 25 points of BODY_25, or the 18 of the COCO model, which become
    the first 19 of BODY_25: the middle of the hips lies between them, and the feet have confidence
    0. And MMPose's, DWPose's and rtmlib's: ``keypoints`` with their ``keypoint_scores`` (or
    ``scores``), of each person in a list, ``instances`` or ``instance_info``. They have the 133
    points of COCO-WholeBody, the 17 of COCO or the 26 of Halpe, and are converted by
    `wholebody133_to_openpose`, or rtmlib's 134 in the order of OpenPose.

    A point without confidence (0 or ``null``) whose place is ``null`` or NaN was not found: it
    becomes (0, 0, 0), as OpenPose writes it.

    Args:
        path: the file, of one frame.

    Returns:
        float32 (P, 137, 3): x, y in pixels, and confidence, of P >= 0 people in the file's order.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no such file; the text names it.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "00000.json"
        >>> write_openpose(file, torch.ones(137, 3))
        >>> read_people(file).shape
        torch.Size([1, 137, 3])
        >>> wholebody = [{"keypoints": [[4.0, 5.0]] * 133, "keypoint_scores": [0.9] * 133}]
        >>> _ = file.write_text(json.dumps(wholebody))
        >>> read_people(file)[0, 1]
        tensor([4.0, 5.0, 0.9])
    """
    return _read(Path(path), "read_people")


def read_openpose(path: str | os.PathLike[str]) -> OpenPosePeople:
    """Read the keypoints of the largest person from a JSON file that `read_people` reads.

    The largest person is the one whose body points with confidence above 0.01 span the largest box.
    In a video, another one may be the largest in each frame: `track_people` follows one.

    Args:
        path: the file.

    Returns:
        The keypoints (137, 3) of that person, and how many there are.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no OpenPose file with 25 or 18 body points, or of another layout that
            `read_people` reads, or ``[]``; the text names it.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "00000.json"
        >>> write_openpose(file, torch.ones(137, 3))
        >>> read_openpose(file).keypoints.shape, read_openpose(file).people
        (torch.Size([137, 3]), 1)
    """
    people = _read(Path(path), "read_openpose", may_be_empty=False)
    return OpenPosePeople(largest_person(people), len(people))


def largest_person(people: Tensor) -> Tensor:
    """Return the largest of the people (P, 137, 3), zeros where there is nobody."""
    if not len(people):
        return torch.zeros(NUM_KEYPOINTS, 3)
    return people[max(range(len(people)), key=lambda index: _extent(people[index]))]


def _read(path: Path, function: str, *, may_be_empty: bool = True) -> Tensor:
    content = read_json(path, allow_nan=True, function=function)
    try:
        people = parse_people(content, may_be_empty=may_be_empty)
    except KeyError as error:
        raise ValueError(f"{function}: {path} has no {error}; it is no OpenPose file") from error
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise ValueError(f"{function}: {path} is no OpenPose file: {error}") from error
    return torch.stack(people) if people else torch.zeros(0, NUM_KEYPOINTS, 3)


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
    for name, count in FIELDS:
        rows = points[start : start + count].tolist()
        person[name] = [n for x, y, c in rows for n in (round(x, 2), round(y, 2), round(c, 4))]
        start += count
    with atomic_file(path, function="write_openpose") as temporary:
        temporary.write_text(json.dumps({"version": 1.3, "people": [person]}))


def _extent(keypoints: Tensor) -> float:
    body = keypoints[BODY]
    counted = body[body[:, 2] > COUNTS, :2]
    return float((counted.amax(0) - counted.amin(0)).prod()) if len(counted) else -1.0
