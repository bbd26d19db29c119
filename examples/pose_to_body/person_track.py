"""Tracks one person through a video: its keypoints in every frame, with gaps filled."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from examples.pose_to_body.people import Person, extent
from examples.vid2vid.boxes import Box, overlap
from examples.vid2vid.preprocessing import fill_gaps
from vidgan.conditions import NUM_KEYPOINTS
from vidgan.extras import import_extra

_SAME_SIZE = 1.4  # a person elsewhere is the same only if its size differs by less than this factor


class PersonTrack(NamedTuple):
    """The keypoints of one person in every frame of a video.

    Attributes:
        keypoints: (T, 137, 3) in pixels, 0 where the person was not found.
        found: (T,) bool, whether the person was found.
        others: (T,) bool, whether somebody else was found.
    """

    keypoints: Tensor
    found: Tensor
    others: Tensor


def track_person(
    frames: Iterable[Tensor],
    find: Callable[[Tensor], list[Person]],
    *,
    total: int | None = None,
) -> PersonTrack:
    """Follow the largest person of the first frame that shows anyone.

    In later frames it is the person whose box overlaps the last one most. Without any overlap, a
    person counts as the same only if it is about as large.

    Args:
        frames: uint8 frames (3, H, W), one after the other.
        find: the detector; it returns the largest person first.
        total: number of frames, for the progress bar.
    """
    keypoints, found, others = [], [], []
    near: Box | None = None
    for frame in import_extra("tqdm", "examples").tqdm(frames, "keypoints", total, disable=None):
        people = find(frame)
        person = _same_person(people, near)
        near = near if person is None else person.box
        keypoints.append(torch.zeros(NUM_KEYPOINTS, 3) if person is None else person.keypoints)
        found.append(person is not None)
        others.append(len(people) > (person is not None))
    return PersonTrack(torch.stack(keypoints), torch.tensor(found), torch.tensor(others))


def fill_pose_gaps(keypoints: Tensor, found: Tensor, missing: str) -> tuple[list[int], Tensor]:
    """Interpolate or drop the frames without the person; see `fill_gaps`.

    A point is interpolated if it counts at both ends of the gap; otherwise its confidence is 0.
    """
    kept, filled = fill_gaps(keypoints, found, missing)
    counts = fill_gaps((keypoints[..., 2:] > 0).float(), found, missing)[1]
    return kept, torch.where(counts == 1, filled, 0.0)


def smooth_keypoints(keypoints: Tensor) -> Tensor:
    """Average the positions of points (T, N, 3) with the neighboring frames, if all three count."""
    smooth = keypoints.clone()
    before, now, after = keypoints[:-2], keypoints[1:-1], keypoints[2:]
    counts = (before[..., 2:] > 0) & (now[..., 2:] > 0) & (after[..., 2:] > 0)
    mean = (before + now + after)[..., :2] / 3
    smooth[1:-1, :, :2] = torch.where(counts, mean, now[..., :2])
    return smooth


def _same_person(people: list[Person], near: Box | None) -> Person | None:
    if not people or near is None:
        return people[0] if people else None
    best = max(people, key=lambda person: overlap(person.box, near))
    if overlap(best.box, near) > 0:
        return best
    for person in people:
        if 1 / _SAME_SIZE < extent(person.box) / extent(near) < _SAME_SIZE:
            return person
    return None
