"""Detectors of people: rtmlib where its weights are at hand, MediaPipe without any download."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from torch import Tensor

from examples.pose_to_body.people import MediapipePeople, Person, extent, person_box
from examples.preparation.wholebody_detector import WholebodyDetector, has_weights
from vidgan.conditions import wholebody133_to_openpose

DetectorName = Literal["auto", "rtmlib", "mediapipe"]
_FEWEST = 6  # minimum number of body points of a person


class Detector(NamedTuple):
    """A detector of people, its name, and why "auto" chose it; empty if it was asked for."""

    find: Callable[[Tensor], list[Person]]
    name: str
    note: str


class RtmlibPeople:
    """Finds people with rtmlib, the largest first: body with feet, hands and face in one pass.

    Args:
        face: keep the 70 points of the face.
        hands: keep the 21 points of each hand.
        weights: as in `WholebodyDetector`.

    Raises:
        ImportError, ValueError: as in `WholebodyDetector`.
    """

    def __init__(
        self, *, face: bool = False, hands: bool = False, weights: Path | None = None
    ) -> None:
        self._find = WholebodyDetector(weights)
        self._unused = [*([] if face else range(25, 95)), *([] if hands else range(95, 137))]

    def __call__(self, frame: Tensor) -> list[Person]:
        """Find the people in a frame, uint8 (3, H, W)."""
        people = []
        for points in self._find(frame):
            keypoints = wholebody133_to_openpose(points)
            keypoints[self._unused] = 0
            if int((keypoints[:25, 2] > 0).sum()) >= _FEWEST:
                people.append(Person(keypoints, person_box(keypoints)))
        return sorted(people, key=lambda person: -extent(person.box))


def open_detector(
    name: DetectorName = "auto",
    *,
    face: bool = False,
    hands: bool = False,
    weights: Path | None = None,
) -> Detector:
    """Load a detector of people.

    "auto" is rtmlib where it is installed and its weights are given or in its cache, otherwise
    MediaPipe.

    Raises:
        ImportError: the detector is not installed.
        ValueError: rtmlib's weights are not there and cannot be downloaded.
    """
    chosen, note = name, ""
    if name == "auto":
        chosen = "rtmlib" if has_weights(weights) else "mediapipe"
        why = "its weights are on this machine"
        if chosen == "mediapipe":
            why = (
                "rtmlib's weights are not on this machine; prepare --detector rtmlib downloads them"
            )
        note = f"Detector: {chosen} ({why})"
    if chosen == "rtmlib":
        find = RtmlibPeople(face=face, hands=hands, weights=weights)
        return Detector(find, chosen, note)
    return Detector(MediapipePeople(face=face, hands=hands), chosen, note)
