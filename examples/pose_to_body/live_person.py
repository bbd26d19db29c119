"""Motion transfer from frames as they arrive."""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch
from torch import Tensor

from examples.pose_to_body.detectors import open_detector
from examples.pose_to_body.people import Person, extent
from examples.pose_to_body.retarget import retarget, stature
from examples.preparation.boxes import Box, overlap
from examples.vid2vid.live import LiveStream
from examples.vid2vid.live_source import LiveSource
from examples.vid2vid.task import Driver

_REFERENCE = 25  # frames that a live person is measured from


class LivePerson:
    """Finds the person in each frame as it arrives, and retargets it as `retarget` does.

    What that takes from the whole video (size, ground, middle and width of the path) is here taken
    from the first 25 frames with a person and the frame itself.

    Args:
        find: the detector.
        target: keypoints of the target, (T, 137, 3).
        target_size: (H, W) of the target's frames.
    """

    def __init__(
        self, find: Callable[[Tensor], list[Person]], target: Tensor, target_size: tuple[int, int]
    ) -> None:
        stature(target, "target")  # refuses one that cannot be measured
        self._find, self._target, self._size = find, target, target_size
        self._first: list[Tensor] = []
        self._near: Box | None = None

    def __call__(self, frame: Tensor) -> Tensor | None:
        """Return keypoints (137, 3) in pixels of the target's frames; None without a person."""
        people = self._find(frame)
        if not people:
            return None
        near = self._near
        person = max(people, key=lambda one: (overlap(one.box, near), extent(one.box)))
        seen = torch.stack([*self._first, person.keypoints])
        try:
            moved = retarget(seen, (frame.shape[1], frame.shape[2]), self._target, self._size)[-1]
        except ValueError:  # neither neck nor mid-hip have been seen
            return None
        self._near = person.box
        if len(self._first) < _REFERENCE:
            self._first.append(person.keypoints)
        return moved


def drive_body_live(source: LiveSource, target: Tensor, target_size: tuple[int, int]) -> Driver:
    """Find the keypoints in frames as they arrive, and retarget them; see `LivePerson`."""
    finder, _, note = open_detector()
    print(f"note: {note}", file=sys.stderr)
    find = LivePerson(finder, target, target_size)
    stream = LiveStream(source, find, "a person from the neck to the hips")
    return Driver({"keypoints": stream}, source.fps)
