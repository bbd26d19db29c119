"""Landmark detectors with 68 points: the paper's own (dlib), MediaPipe's face mesh, and rtmlib.

dlib's weights come with the `face-recognition-models` wheel. They were trained on iBUG 300-W, whose
license allows research use only; MediaPipe's are Apache-2.0.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from examples.preparation.boxes import Box, area, enlarge, enlarging_factor, overlap
from examples.preparation.wholebody_detector import WholebodyDetector
from vidgan.extras import find_extra_file, import_extra

_PACKAGE, _WEIGHTS = "face_recognition_models", "models/shape_predictor_68_face_landmarks.dat"
_WEAK = -0.5  # score of a weak detection, accepted only next to a face in time
_WHOLEBODY_FACE = slice(23, 91)  # among the 133 points of COCO-WholeBody
_SEEN, _FAINT = 0.3, 0.15  # mean score of the points of a face, and of a weak detection
_SAME_FACE = 0.5  # intersection over union with the face in the neighboring frame

# fmt: off
#: The vertices of MediaPipe's face mesh that are nearest to the 68 points.
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
    """A detected face: 68 points (68, 2) and a box (x0, y0, x1, y1), in pixels of the frame."""

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
            near: box of the face in a neighboring frame; of several faces the one that overlaps it
                most is returned. None: the largest face.
            weak: also accept weak detections whose IoU with ``near`` is at least 0.5.
        """
        ...


class DlibLandmarks:
    """Finds faces with dlib: the largest of a frame, or the one nearest to an earlier face.

    Args:
        enlarge: factor by which frames are resized first; None resizes the shorter side to 432
            to 720 pixels.

    Raises:
        ImportError: dlib or the weights are not installed.
    """

    def __init__(self, enlarge: float | None = None) -> None:
        dlib = import_extra("dlib", "examples")
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
    return find_extra_file(_PACKAGE, _WEIGHTS, "examples")


class MediapipeLandmarks:
    """Finds a face with MediaPipe's face mesh, and selects its 68 nearest vertices.

    The jaw differs from dlib's by about 0.16 and the other points by 0.05 of the distance between
    the eyes (measured on the carphone clip), so train and drive with the same detector.

    Raises:
        ImportError: MediaPipe is not installed.
    """

    def __init__(self) -> None:
        solutions = import_extra("mediapipe", "pose").solutions
        # Static mode: the result does not depend on earlier frames.
        self._mesh = solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=4)

    def __call__(
        self, frame: Tensor, *, near: Box | None = None, weak: bool = False
    ) -> Face | None:
        """Find a face; see `FaceFinder`. There are no weak detections."""
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
            points = points * torch.tensor([width, height]) - 0.5  # from fractions of the image
            found.append(Face(points, (*points.amin(0).tolist(), *points.amax(0).tolist())))
        return max(found, key=lambda face: (overlap(face.box, near), area(face.box)))


class RtmlibLandmarks:
    """Finds a face with rtmlib's whole-body network, which has the same 68 points.

    Args:
        weights: as in `WholebodyDetector`.

    Raises:
        ImportError, ValueError: as in `WholebodyDetector`.
    """

    def __init__(self, weights: Path | None = None) -> None:
        self._find = WholebodyDetector(weights)

    def __call__(
        self, frame: Tensor, *, near: Box | None = None, weak: bool = False
    ) -> Face | None:
        """Find a face; see `FaceFinder`. A weak detection has a lower mean score."""
        found = []
        for points in self._find(frame)[:, _WHOLEBODY_FACE]:
            place = points[:, :2]
            face = Face(place, (*place.amin(0).tolist(), *place.amax(0).tolist()))
            is_near = not weak or overlap(face.box, near) >= _SAME_FACE
            if float(points[:, 2].mean()) >= (_FAINT if weak else _SEEN) and is_near:
                found.append(face)
        return max(found, key=lambda face: (overlap(face.box, near), area(face.box)), default=None)


DETECTORS = {
    "dlib": DlibLandmarks,
    "mediapipe": MediapipeLandmarks,
    "rtmlib": RtmlibLandmarks,
}


def open_detector(name: str, weights: Path | None = None) -> FaceFinder:
    """Load a detector by its name; ``weights`` are rtmlib's, see `WholebodyDetector`."""
    if name == "rtmlib":
        return RtmlibLandmarks(weights)
    return DETECTORS[name]()
