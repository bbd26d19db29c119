"""Condition maps of a face: edge drawing, part ids, distance maps (REFERENCE 3.6)."""

from __future__ import annotations

import torch
from torch import Tensor

from vidgan._checks import check_finite, check_tensor
from vidgan.conditions._curves import edge_points
from vidgan.conditions._distance import l1_distance
from vidgan.conditions.face_layout import NUM_LANDMARKS

_BRUSH = ((-1, -1), (-1, 0), (0, -1), (0, 0))


def _checked(landmarks: Tensor, size: tuple[int, int], function: str) -> Tensor:
    check_tensor(landmarks, function, "landmarks")
    if landmarks.shape[-2:] != (NUM_LANDMARKS, 2) or landmarks.dim() not in (2, 3):
        raise ValueError(
            f"{function}: landmarks must have shape (68, 2) or (T, 68, 2), x then y in pixels, "
            f"got {tuple(landmarks.shape)}"
        )
    points = landmarks.reshape(-1, NUM_LANDMARKS, 2).to(torch.float32)
    check_finite(points, function, "landmarks")
    return points


def _strokes(landmarks, size):
    height, width = size
    brush = torch.tensor(_BRUSH, device=landmarks.device)
    out = []
    for points in edge_points(landmarks):
        stroke = (points[:, :, None] + brush).flatten(1, 2)
        x, y = stroke.unbind(-1)
        out.append((stroke, (x >= 0) & (x < width) & (y >= 0) & (y < height)))
    return out


def _draw(strokes, canvas):
    for stroke, inside in strokes:
        frame, entry = inside.nonzero(as_tuple=True)
        x, y = stroke[frame, entry].unbind(-1)
        canvas[frame, y, x] = canvas.new_tensor(255) if canvas.dtype == torch.uint8 else 1.0
    return canvas


def face_edges(landmarks: Tensor, size: tuple[int, int]) -> Tensor:
    points = _checked(landmarks, size, "face_edges")
    canvas = torch.zeros((len(points), *size), dtype=torch.uint8)
    edges = _draw(_strokes(points, size), canvas)[:, None]
    return edges if landmarks.dim() == 3 else edges[0]


def face_condition_maps(landmarks: Tensor, size: tuple[int, int]) -> Tensor:
    points = _checked(landmarks, size, "face_condition_maps")
    maps = torch.zeros((len(points), 15, *size))
    strokes = _strokes(points, size)
    _draw(strokes, maps[:, 0])
    for index, (stroke, inside) in enumerate(strokes):
        distance = l1_distance(stroke, inside, size)
        maps[:, index + 1] = distance
    maps[:, 1:].div_(3).floor_().clamp_(max=255).div_(255)
    return maps if landmarks.dim() == 3 else maps[0]
