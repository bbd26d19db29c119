"""The paper's landmark detector: dlib's face finder and its 68 points.

The weights come with the `face-recognition-models` wheel. They were trained on iBUG 300-W, whose
licence allows research use only.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import InterpolationMode, resize

from examples.vid2vid.cli import require

_PACKAGE, _WEIGHTS = "face_recognition_models", "models/shape_predictor_68_face_landmarks.dat"
_SMALLEST_SIDE, _LARGEST_SIDE = 432, 720  # dlib's finder wants faces of 80 pixels and more
_WEAK = -0.5  # score of a find that counts only where the face was a frame before or after
_SAME_FACE = 0.5  # intersection over union with that neighbour


class Face(NamedTuple):
    """A found face: 68 points (68, 2) and its box (x0, y0, x1, y1), in pixels of the frame."""

    landmarks: Tensor
    box: tuple[float, float, float, float]


class Track(NamedTuple):
    """One face through a video.

    Attributes:
        landmarks: (T, 68, 2) in pixels, NaN where no face was found.
        detected: (T,) bool, the detector found the face by itself.
        recovered: (T,) bool, a weak find accepted because the face next to it in time is there.
    """

    landmarks: Tensor
    detected: Tensor
    recovered: Tensor


class DlibLandmarks:
    """Finds the largest face of a frame, or the one nearest to where a face was before.

    Args:
        enlarge: factor by which frames are resized first; None chooses one that gives the
            shorter side 432 to 720 pixels.

    Raises:
        ImportError: dlib or the weights are not installed.
    """

    def __init__(self, enlarge: float | None = None) -> None:
        dlib = require("dlib")
        self.enlarge = enlarge
        self._finder = dlib.get_frontal_face_detector()
        self._predictor = dlib.shape_predictor(str(find_weights()))

    def __call__(
        self,
        frame: Tensor,
        *,
        near: tuple[float, float, float, float] | None = None,
        weak: bool = False,
    ) -> Face | None:
        """Find a face in a frame.

        Args:
            frame: uint8 (3, H, W).
            near: box of the face in a neighbouring frame; the find that overlaps it most wins.
            weak: accept uncertain finds too, if they overlap ``near`` by half.

        Returns:
            The face, or None.
        """
        factor = self.enlarge or _factor(min(frame.shape[1:]))
        size = [round(side * factor) for side in frame.shape[1:]]
        enlarged = resize(frame, size, interpolation=InterpolationMode.BICUBIC, antialias=True)
        image = enlarged.permute(1, 2, 0).contiguous().numpy()
        boxes, _, _ = self._finder.run(image, 0, _WEAK if weak else 0.0)
        back = torch.tensor([frame.shape[2] / size[1], frame.shape[1] / size[0]])
        faces = []
        for box in boxes:
            corners = torch.tensor([[box.left(), box.top()], [box.right(), box.bottom()]])
            faces.append((box, tuple(((corners + 0.5) * back - 0.5).flatten().tolist())))
        if near is not None and weak:
            faces = [face for face in faces if _overlap(face[1], near) >= _SAME_FACE]
        if not faces:
            return None
        box, place = max(faces, key=lambda face: (_overlap(face[1], near), face[0].area()))
        found = self._predictor(image, box)
        points = torch.tensor([[found.part(i).x, found.part(i).y] for i in range(68)])
        # Pixel centres: enlarged pixel X covers (X + 0.5) / factor - 0.5.
        return Face((points + 0.5) * back - 0.5, place)


def find_weights() -> Path:
    """Find the weight file of the 68 points; its package is not imported.

    Raises:
        ImportError: the package is not installed.
    """
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(
            f"{_PACKAGE} is needed here; install it with: pip install 'vidgan[examples]'",
            name=_PACKAGE,
        )
    return Path(spec.submodule_search_locations[0]) / _WEIGHTS


def track_face(frames: Iterable[Tensor], find: DlibLandmarks) -> Track:
    """Find the landmarks of one face in every frame of a video.

    Args:
        frames: uint8 frames (3, H, W), or one tensor (T, 3, H, W).
        find: the detector.

    Returns:
        The landmarks of each frame; NaN rows where there is no face.
    """
    frames = list(frames)
    faces: list[Face | None] = []
    near = None
    for frame in require("tqdm").tqdm(frames, "landmarks", disable=None):
        faces.append(find(frame, near=near))
        near = faces[-1].box if faces[-1] else near
    detected = torch.tensor([face is not None for face in faces])
    for order in (range(1, len(frames)), range(len(frames) - 2, -1, -1)):
        for t in order:
            neighbour = faces[t - order.step]
            if faces[t] is None and neighbour is not None:
                faces[t] = find(frames[t], near=neighbour.box, weak=True)
    missing = torch.full((68, 2), torch.nan)
    landmarks = torch.stack([face.landmarks if face else missing for face in faces])
    recovered = torch.tensor([face is not None for face in faces]) & ~detected
    return Track(landmarks, detected, recovered)


def fill_gaps(landmarks: Tensor, found: Tensor, missing: str) -> tuple[list[int], Tensor]:
    """Interpolate or drop the frames without a face.

    Args:
        landmarks: (T, 68, 2); what it holds where ``found`` is False does not matter.
        found: (T,) bool, at least one True.
        missing: "interpolate" (linearly in time; the nearest ones before the first and after the
            last face) or "drop".

    Returns:
        Indices of the frames that remain, and their landmarks.
    """
    there = found.nonzero().flatten()
    if missing == "drop":
        return there.tolist(), landmarks[there]
    every = torch.arange(len(landmarks))
    after = there[torch.searchsorted(there, every).clamp(max=len(there) - 1)]
    before = there[(torch.searchsorted(there, every, right=True) - 1).clamp(min=0)]
    share = ((every - before) / (after - before).clamp(min=1)).clamp(0, 1)[:, None, None]
    return every.tolist(), torch.lerp(landmarks[before], landmarks[after], share)


def smooth_landmarks(landmarks: Tensor) -> Tensor:
    """Average each frame's landmarks (T, 68, 2) with its two neighbours', where there are two."""
    smooth = landmarks.clone()
    smooth[1:-1] = (landmarks[:-2] + landmarks[1:-1] + landmarks[2:]) / 3
    return smooth


def _factor(short_side: int) -> float:
    if short_side > _LARGEST_SIDE:
        return _LARGEST_SIDE / short_side
    return max(1, -(-_SMALLEST_SIDE // short_side))


def _overlap(a: tuple[float, ...], b: tuple[float, ...] | None) -> float:
    """Intersection over union of two boxes."""
    if b is None:
        return 0.0
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return shared / (sum(areas) - shared)
