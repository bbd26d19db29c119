"""Finds the keypoints of people in a frame with MediaPipe (Apache-2.0, models in its wheel).

MediaPipe's pose model finds one person; to find others, it is run again with that one painted over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from examples.preparation.boxes import Box, enlarge, enlarging_factor
from vidgan.conditions import MEDIAPIPE_TO_FACE68, NUM_KEYPOINTS, mediapipe_to_body25
from vidgan.extras import import_extra

_CONFIDENT = 0.2  # points less visible than this do not count
_BESIDE = 0.1  # nor do points farther outside the frame than this fraction of it
_REACH = 0.15  # margin around the box of the points, as a fraction of its longer side
_FEWEST = 6  # minimum number of body points of a person
_EYES = (slice(36, 42), slice(42, 48))  # among the points of a face; their centers are the pupils
_PART = 0.99  # confidence of the points of a detected face or hand


class Person(NamedTuple):
    """A detected person: keypoints (137, 3) and the box of those that count, in pixels."""

    keypoints: Tensor
    box: Box


class MediapipePeople:
    """Finds people, the largest first.

    Args:
        face: also find the 70 points of the face.
        hands: also find the 21 points of each hand.
        most: maximum number of people.

    Raises:
        ImportError: MediaPipe is not installed.
    """

    def __init__(self, *, face: bool = False, hands: bool = False, most: int = 3) -> None:
        solutions = import_extra("mediapipe", "pose").solutions
        self.most = most
        # Static mode: the result does not depend on earlier frames.
        self._pose = solutions.pose.Pose(static_image_mode=True, model_complexity=1)
        self._face = self._hands = None
        if face:
            self._face = solutions.face_mesh.FaceMesh(static_image_mode=True)
        if hands:
            self._hands = solutions.hands.Hands(static_image_mode=True, max_num_hands=1)

    def __call__(self, frame: Tensor) -> list[Person]:
        """Find the people in a frame, uint8 (3, H, W)."""
        image = enlarge(frame, enlarging_factor(min(frame.shape[1:])))
        people: list[Person] = []
        while len(people) < self.most:
            person = self._find(image, frame)
            if person is None:
                break
            people.append(person)
            image = _painted_over(image, person.box, image.shape[1] / frame.shape[1])
        return sorted(people, key=lambda person: -extent(person.box))

    def _find(self, image: Tensor, frame: Tensor) -> Person | None:
        found = self._pose.process(_pixels(image)).pose_landmarks
        if not found:
            return None
        points = _points(found.landmark, (0.0, 0.0), frame.shape[1:], frame.shape[1:])
        keypoints = torch.zeros(NUM_KEYPOINTS, 3)
        keypoints[:25] = mediapipe_to_body25(points)
        size = torch.tensor([frame.shape[2], frame.shape[1]])
        beside = (keypoints[:, :2] < -_BESIDE * size) | (keypoints[:, :2] > (1 + _BESIDE) * size)
        keypoints[beside.any(1) | (keypoints[:, 2] < _CONFIDENT)] = 0
        if int((keypoints[:, 2] > 0).sum()) < _FEWEST:
            return None
        if self._face:
            self._add_face(keypoints, frame)
        if self._hands:
            self._add_hands(keypoints, frame)
        return Person(keypoints, person_box(keypoints))

    def _add_face(self, keypoints: Tensor, frame: Tensor) -> None:
        head = keypoints[[0, 15, 16, 17, 18]]
        head = head[head[:, 2] > 0]
        if len(head) < 3 or not bool(keypoints[1, 2] > 0):
            return
        reach = 0.9 * float(torch.linalg.vector_norm(keypoints[1, :2] - head[:, :2].mean(0)))
        part, corner = _around(frame, head[:, :2].mean(0), reach)
        found = None if part is None else self._face.process(_pixels(part)).multi_face_landmarks
        if part is None or not found:
            return
        landmarks = [found[0].landmark[i] for i in MEDIAPIPE_TO_FACE68]
        size = (round(2 * reach), round(2 * reach))
        points = _points(landmarks, corner, size, frame.shape[1:])
        pupils = torch.stack([points[eye].mean(0) for eye in _EYES])
        keypoints[25:95] = torch.cat([points, pupils])
        keypoints[25:95, 2] = _PART

    def _add_hands(self, keypoints: Tensor, frame: Tensor) -> None:
        for start, wrist, elbow in ((95, 7, 6), (116, 4, 3)):
            if not bool((keypoints[[wrist, elbow], 2] > 0).all()):
                continue
            forearm = keypoints[wrist, :2] - keypoints[elbow, :2]
            reach = max(0.7 * float(torch.linalg.vector_norm(forearm)), 8.0)
            part, corner = _around(frame, keypoints[wrist, :2] + 0.3 * forearm, reach)
            found = None if part is None else self._hands.process(_pixels(part))
            if found is None or not found.multi_hand_landmarks:
                continue
            size = (round(2 * reach), round(2 * reach))
            landmarks = found.multi_hand_landmarks[0].landmark
            points = _points(landmarks, corner, size, frame.shape[1:])
            points[:, 2] = _PART
            # A hand far from its wrist is not this one.
            if float(torch.linalg.vector_norm(points[0, :2] - keypoints[wrist, :2])) < reach / 2:
                keypoints[start : start + 21] = points


def extent(box: Box) -> float:
    """Compute the longer side of a box, a measure of a person's size in any pose."""
    return max(box[2] - box[0], box[3] - box[1])


def person_box(keypoints: Tensor) -> Box:
    """Compute the box around the points (N, 3) that count, at least one."""
    there = keypoints[keypoints[:, 2] > 0, :2]
    left, top, right, bottom = [*there.amin(0).tolist(), *there.amax(0).tolist()]
    return (left, top, right, bottom)


def _points(
    landmarks: Sequence[Any],
    corner: tuple[float, float],
    size: Sequence[int],
    frame_size: Sequence[int],
) -> Tensor:
    """Convert landmarks from fractions of a crop to pixels of the frame, (N, 3)."""
    points = torch.tensor([[mark.x, mark.y, mark.visibility] for mark in landmarks])
    points[:, 0] = points[:, 0] * size[1] - 0.5 + corner[0]
    points[:, 1] = points[:, 1] * size[0] - 0.5 + corner[1]
    limit = 2.0 * max(frame_size)
    points[:, :2] = points[:, :2].clamp(-limit, limit)
    return points


def _around(
    frame: Tensor, center: Tensor, reach: float
) -> tuple[Tensor | None, tuple[float, float]]:
    """Crop a square from the frame and enlarge it; black outside the frame."""
    side = round(2 * reach)
    left, top = (round(float(c) - reach) for c in center)
    height, width = frame.shape[1:]
    if side < 8 or left >= width or top >= height or left + side <= 0 or top + side <= 0:
        return None, (0.0, 0.0)
    square = torch.zeros(3, side, side, dtype=torch.uint8)
    y, x = max(top, 0), max(left, 0)
    part = frame[:, y : top + side, x : left + side]
    square[:, y - top : y - top + part.shape[1], x - left : x - left + part.shape[2]] = part
    return enlarge(square, enlarging_factor(side)), (float(left), float(top))


def _painted_over(image: Tensor, box: Box, factor: float) -> Tensor:
    """Paint over a person in gray, including hair, hands and feet outside the box of its points."""
    margin = _REACH * extent(box)
    steps = (-margin, -margin, margin, margin)
    left, top, right, bottom = (
        max(round((side + step) * factor), 0) for side, step in zip(box, steps, strict=True)
    )
    image = image.clone()
    image[:, top : bottom + 1, left : right + 1] = 128
    return image


def _pixels(image: Tensor) -> Any:
    return image.permute(1, 2, 0).contiguous().numpy()
