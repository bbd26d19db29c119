"""Landmark detectors: the paper's own (dlib) and MediaPipe's face mesh, both with 68 points.

dlib's weights come with the `face-recognition-models` wheel. They were trained on iBUG 300-W, whose
license allows research use only; MediaPipe's are Apache-2.0.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from examples.vid2vid.command_line import require
from examples.vid2vid.finding import Box, area, enlarge, enlarging_factor, overlap

_PACKAGE, _WEIGHTS = "face_recognition_models", "models/shape_predictor_68_face_landmarks.dat"
_WEAK = -0.5  # score of a find that counts only where the face was a frame before or after
_SAME_FACE = 0.5  # intersection over union with that neighbor

# fmt: off
#: The vertices of MediaPipe's face mesh that come nearest to the 68 points.
MESH_POINTS = (
    234, 93, 132, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 361, 323, 454,  # jaw
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,  # brows
    168, 197, 5, 4, 75, 97, 2, 326, 305,  # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,  # lips, outside
    78, 82, 13, 312, 308, 317, 14, 87,  # lips, inside
)
# fmt: on


class Face(NamedTuple):
    """A found face: 68 points (68, 2) and its box (x0, y0, x1, y1), in pixels of the frame."""

    landmarks: Tensor
    box: Box


class FaceFinder(Protocol):
    """Finds one face in a frame."""

    def __call__(
        self, frame: Tensor, *, near: Box | None = None, weak: bool = False
    ) -> Face | None:
        """Find a face.

        Args:
            frame: uint8 (3, H, W).
            near: box of the face in a neighboring frame; of several faces, the one that overlaps
                it most is taken. Without it, the largest.
            weak: accept uncertain finds too, if they overlap ``near`` by half.
        """
        ...


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
        near: Box | None = None,
        weak: bool = False,
    ) -> Face | None:
        """Find a face; see `FaceFinder`."""
        factor = self.enlarge or enlarging_factor(min(frame.shape[1:]))
        image = enlarge(frame, factor).permute(1, 2, 0).contiguous().numpy()
        boxes, _, _ = self._finder.run(image, 0, _WEAK if weak else 0.0)
        back = torch.tensor([frame.shape[2] / image.shape[1], frame.shape[1] / image.shape[0]])
        faces = []
        for box in boxes:
            corners = torch.tensor([[box.left(), box.top()], [box.right(), box.bottom()]])
            faces.append((box, tuple(((corners + 0.5) * back - 0.5).flatten().tolist())))
        if near is not None and weak:
            faces = [face for face in faces if overlap(face[1], near) >= _SAME_FACE]
        if not faces:
            return None
        box, place = max(faces, key=lambda face: (overlap(face[1], near), area(face[1])))
        found = self._predictor(image, box)
        points = torch.tensor([[found.part(i).x, found.part(i).y] for i in range(68)])
        # Pixel centers: enlarged pixel X covers (X + 0.5) / factor - 0.5.
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


class MediapipeLandmarks:
    """Finds a face with MediaPipe's face mesh and takes the 68 of its vertices that come nearest.

    The jaw lies about 0.16 and the other points 0.05 of the distance between the eyes from where
    dlib puts them (measured on the carphone clip), so train and drive with the same detector.

    Raises:
        ImportError: MediaPipe is not installed.
    """

    def __init__(self) -> None:
        solutions = require("mediapipe", "pose").solutions
        # A still image each time: the result does not depend on the frames before.
        self._mesh = solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=4)

    def __call__(
        self, frame: Tensor, *, near: Box | None = None, weak: bool = False
    ) -> Face | None:
        """Find a face; see `FaceFinder`. There are no weak finds."""
        height, width = frame.shape[1:]
        image = (
            enlarge(frame, enlarging_factor(min(height, width)))
            .permute(1, 2, 0)
            .contiguous()
            .numpy()
        )
        faces = None if weak else self._mesh.process(image).multi_face_landmarks
        if not faces:
            return None
        found = []
        for face in faces:
            points = torch.tensor([[face.landmark[i].x, face.landmark[i].y] for i in MESH_POINTS])
            points = points * torch.tensor([width, height]) - 0.5  # from shares of the image
            found.append(Face(points, (*points.amin(0).tolist(), *points.amax(0).tolist())))
        return max(found, key=lambda face: (overlap(face.box, near), area(face.box)))


DETECTORS = {"dlib": DlibLandmarks, "mediapipe": MediapipeLandmarks}
