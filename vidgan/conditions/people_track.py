"""One person through a video in which several people were found, in any order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from vidgan._checks import check_shapes
from vidgan.conditions._keypoints import COUNTS
from vidgan.conditions.pose_layout import BODY, NUM_KEYPOINTS

_REACH = 0.5  # how far a person moves from one frame to the next, in its size, beside its motion
_FURTHER, _FURTHEST = 0.25, 1.5  # the same per frame in which it was not found, and at most
_LIKE_SIZE = 1.4  # factor between the sizes of one person in neighboring frames
_LONGEST_GAP = 50  # frames after which somebody who was lost is somebody new
_CANDIDATES = 20  # longest and largest paths that are compared
_FEWEST = 3  # points needed to compare two poses


class PeopleTrack(NamedTuple):
    """One person of a video.

    Attributes:
        keypoints: (T, 137, 3): x, y and confidence, 0 where that person was not found.
        found: (T,) bool, whether that person was found.
        others: (T,) bool, whether somebody else was found.
        jumps: the frames in which the person is not where it could have moved to, so that it may
            be somebody else.

    Example:
        >>> track_people([torch.zeros(0, 137, 3)]).found
        tensor([False])
    """

    keypoints: Tensor
    found: Tensor
    others: Tensor
    jumps: tuple[int, ...]


@dataclass
class _Path:
    """The frames in which one person was followed without a doubt."""

    times: list[int] = field(default_factory=list)
    keypoints: list[Tensor] = field(default_factory=list)
    velocity: Tensor = field(default_factory=lambda: torch.zeros(2))

    def add(self, time: int, keypoints: Tensor) -> None:
        if self.times:
            before, after = _common_bodies(self.keypoints[-1], keypoints)
            step = (after.mean(0) - before.mean(0)) / (time - self.times[-1])
            is_first = len(self.times) == 1
            self.velocity = step if is_first else (self.velocity + step) / 2
        self.times.append(time)
        self.keypoints.append(keypoints)

    def cost(self, time: int, keypoints: Tensor) -> float:
        """Compute how far somebody is from where this person should be; infinity if too far."""
        gap = time - self.times[-1]
        before, after = _common_bodies(self.keypoints[-1], keypoints)
        size = max(_extent(self.keypoints[-1]), _extent(keypoints), 1e-6)
        scale = math.log(max(_spread(after), 1e-6) / max(_spread(before), 1e-6))
        # The motion of a person that is lost for longer is not known.
        expected = before.mean(0) + self.velocity * min(gap, 5)
        far = float(torch.linalg.vector_norm(after.mean(0) - expected)) / size
        reach = min(_REACH + _FURTHER * (gap - 1), _FURTHEST)
        if far > reach or abs(scale) > math.log(_LIKE_SIZE) * min(1 + 0.2 * (gap - 1), 2):
            return math.inf
        return far + abs(scale)

    def weight(self) -> float:
        return len(self.times) * self.size()

    def size(self) -> float:
        return float(torch.tensor([_extent(keypoints) for keypoints in self.keypoints]).median())


def track_people(people: Sequence[Tensor]) -> PeopleTrack:
    """Follow one person through a video: the largest of the sequence as a whole.

    People are joined from frame to frame by position and size, whatever order they are found in:
    a person is expected where its motion leads, and may be half its size away from there (more
    after frames in which it was not found), at nearly the same size. Before such a path starts,
    after it ends, and in its gaps, another path is taken to be of the same person if it fills
    nothing but such frames and has about the same size; where it joins is a jump. The person with
    the largest product of median size and number of frames is followed.

    Args:
        people: of each frame, (P, 137, 3) of its P >= 0 people: x, y in pixels, and confidence,
            as `read_people` reads them.

    Returns:
        The person's keypoints in every frame, and the jumps.

    Raises:
        TypeError: an item is no tensor.
        ValueError: there is no frame, or an item has another shape.

    Example:
        >>> left, right = torch.rand(2, 137, 3) + torch.tensor([0.0, 0, 1])
        >>> left[:, :2] *= 50
        >>> right[:, :2] = 900 + 40 * right[:, :2]
        >>> track = track_people([torch.stack([left, right]), torch.stack([right, left])])
        >>> torch.equal(track.keypoints[0], track.keypoints[1]), track.jumps
        (True, ())
    """
    if not len(people):
        raise ValueError("track_people: people must have at least one frame, got none")
    for each in people:
        check_shapes("track_people", people=(each, f"any P {NUM_KEYPOINTS} 3"))
    paths: list[_Path] = []
    for time, frame in enumerate(people):
        bodies = [person for person in frame if _is_there(person)]
        _extend(paths, time, bodies)
    keypoints = torch.zeros(len(people), NUM_KEYPOINTS, 3)
    owner = torch.full((len(people),), -1)
    for index, path in enumerate(_largest(paths)):
        keypoints[path.times] = torch.stack(path.keypoints).to(keypoints)
        owner[path.times] = index
    found = owner >= 0
    known = found.nonzero().flatten().tolist()
    jumps = tuple(after for before, after in pairwise(known) if owner[before] != owner[after])
    others = [len(frame) > int(was) for frame, was in zip(people, found, strict=True)]
    return PeopleTrack(keypoints, found, torch.tensor(others), jumps)


def _extend(paths: list[_Path], time: int, bodies: list[Tensor]) -> None:
    """Add the people of one frame to the paths that they continue, and start paths for others."""
    recent = [index for index, path in enumerate(paths) if time - path.times[-1] <= _LONGEST_GAP]
    pairs = [
        (paths[index].cost(time, body), index, number)
        for index in recent
        for number, body in enumerate(bodies)
    ]
    taken: set[int] = set()
    for cost, index, number in sorted(pairs):
        if math.isfinite(cost) and paths[index].times[-1] < time and number not in taken:
            paths[index].add(time, bodies[number])
            taken.add(number)
    for number, body in enumerate(bodies):
        if number not in taken:
            paths.append(_Path())
            paths[-1].add(time, body)


def _largest(paths: list[_Path]) -> list[_Path]:
    """Choose the person, of one path or of several, whose size times its frames is largest."""
    ordered = sorted(paths, key=lambda path: -path.weight())
    people = [_same_person(path, ordered) for path in ordered[:_CANDIDATES]]
    return max(people, key=lambda parts: sum(path.weight() for path in parts), default=[])


def _same_person(path: _Path, others: list[_Path]) -> list[_Path]:
    """Add to a path those of about the same size that fill nothing but its gaps."""
    chosen, times, size = [path], set(path.times), max(path.size(), 1e-6)
    for other in others:
        is_like = 1 / _LIKE_SIZE < other.size() / size < _LIKE_SIZE
        if is_like and other is not path and not times.intersection(other.times):
            chosen.append(other)
            times |= set(other.times)
    return chosen


def _is_there(keypoints: Tensor) -> bool:
    return bool((keypoints[BODY, 2] > COUNTS).any())


def _common_bodies(before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
    """Return the body points (N, 2) that count in both, or else the corners of the two boxes."""
    both = (before[BODY, 2] > COUNTS) & (after[BODY, 2] > COUNTS)
    if int(both.sum()) >= _FEWEST:
        return before[BODY][both, :2], after[BODY][both, :2]
    return _corners(before), _corners(after)


def _corners(keypoints: Tensor) -> Tensor:
    body = keypoints[BODY]
    counted = body[body[:, 2] > COUNTS, :2]
    return torch.stack([counted.amin(0), counted.amax(0)])


def _extent(keypoints: Tensor) -> float:
    """Compute the longer side of the body's box, a measure of its size in any pose."""
    corners = _corners(keypoints)
    return float((corners[1] - corners[0]).max())


def _spread(points: Tensor) -> float:
    return float((points - points.mean(0)).square().sum(1).mean().sqrt())
