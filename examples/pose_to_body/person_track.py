"""Tracks one person through a video: its keypoints in every frame, with gaps filled."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from examples.pose_to_body.people import Person
from examples.preparation.memory import return_large_buffers
from examples.preparation.missing_frames import fill_gaps
from vidgan.conditions import NUM_KEYPOINTS, PeopleTrack, track_people
from vidgan.extras import import_extra


class PersonTrack(NamedTuple):
    """The keypoints of one person in every frame of a video.

    Attributes:
        keypoints: (T, 137, 3) in pixels, 0 where the person was not found.
        found: (T,) bool, whether the person was found.
        others: (T,) bool, whether somebody else was found.
        jumps: (T,) bool, whether the person is not where it could have moved to, so that it may be
            somebody else.
    """

    keypoints: Tensor
    found: Tensor
    others: Tensor
    jumps: Tensor


def as_person_track(track: PeopleTrack) -> PersonTrack:
    """Convert what `track_people` returns, so that it can be cut into pieces."""
    jumps = torch.zeros_like(track.found)
    jumps[list(track.jumps)] = True
    return PersonTrack(track.keypoints, track.found, track.others, jumps)


def track_person(
    frames: Iterable[Tensor],
    find: Callable[[Tensor], list[Person]],
    *,
    total: int | None = None,
) -> PersonTrack:
    """Follow the largest person of a video by `track_people`.

    Args:
        frames: uint8 frames (3, H, W), one after the other.
        find: the detector.
        total: number of frames, for the progress bar.
    """
    return_large_buffers()
    bar = import_extra("tqdm", "examples").tqdm(frames, "keypoints", total, disable=None)
    nobody = torch.zeros(0, NUM_KEYPOINTS, 3)
    people = []
    for frame in bar:
        found = [person.keypoints for person in find(frame)]
        people.append(torch.stack(found) if found else nobody)
    return as_person_track(track_people(people))


def fill_pose_gaps(keypoints: Tensor, found: Tensor) -> Tensor:
    """Interpolate the keypoints (T, N, 3) of frames without the person; see `fill_gaps`.

    A point is interpolated if it counts at both ends of the gap; otherwise its confidence is 0.
    """
    counts = fill_gaps((keypoints[..., 2:] > 0).float(), found)
    return torch.where(counts == 1, fill_gaps(keypoints, found), 0.0)


def smooth_keypoints(keypoints: Tensor) -> Tensor:
    """Average the positions of points (T, N, 3) with the neighboring frames, if all three count."""
    smooth = keypoints.clone()
    before, now, after = keypoints[:-2], keypoints[1:-1], keypoints[2:]
    counts = (before[..., 2:] > 0) & (now[..., 2:] > 0) & (after[..., 2:] > 0)
    mean = (before + now + after)[..., :2] / 3
    smooth[1:-1, :, :2] = torch.where(counts, mean, now[..., :2])
    return smooth
