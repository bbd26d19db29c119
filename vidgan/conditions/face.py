"""Condition maps of a face: edge drawing, part ids and distance maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidgan._checks import check_at_least
from vidgan._outputs import output_dtype, output_maps
from vidgan.conditions._averages import write_averages
from vidgan.conditions._curves import Floats, Integers, close_forehead, edge_points
from vidgan.conditions._distances import Scratch, distance_thirds
from vidgan.conditions._drawing import draw_points, visible
from vidgan.conditions._landmarks import check_size, landmark_array
from vidgan.conditions._polygons import polygon_ids
from vidgan.conditions.face_layout import FACE_PARTS

Size = tuple[int, int]
Bytes = NDArray[np.uint8]
Maps = NDArray[Any]


def face_edges(landmarks: Tensor, size: Size) -> Tensor:
    """Draw the edges of faces in white on black.

    Each edge list (`FACE_EDGE_LISTS`) is drawn 2 pixels wide through three consecutive points at
    a time: a parabola over the longer axis, or a straight line where only two points remain
    (Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, edges to face).
    Three points that no smooth parabola joins (out of order, or steep) get two straight strokes.
    What lies outside the image is cut off. Canny edges of the frame around the face, which the
    released code may add, are left out: they would show the background to the generator. Drawn on
    the CPU.

    Args:
        landmarks: (68, 2) or (T, 68, 2), x then y in pixels, in the order of iBUG 300-W.
        size: (H, W) of the image.

    Returns:
        uint8 of 0 and 255, (1, H, W) or (T, 1, H, W), on the device of ``landmarks``.

    Raises:
        TypeError: ``landmarks`` is no real-valued tensor.
        ValueError: wrong shape, NaN, or landmarks that do not lie in or near an image of ``size``.

    Example:
        >>> angle = torch.arange(68) * 0.1
        >>> circle = torch.stack([30 + 20 * angle.cos(), 24 + 18 * angle.sin()], dim=-1)
        >>> face_edges(circle, (48, 64)).shape
        torch.Size([1, 48, 64])
    """
    return _per_frame(_draw_edges, landmarks, 1, size, "face_edges")


def face_part_ids(landmarks: Tensor, size: Size) -> Tensor:
    """Label the regions of faces, as an instance map for a feature encoder.

    Args:
        landmarks: (68, 2) or (T, 68, 2), x then y in pixels.
        size: (H, W) of the image.

    Returns:
        int64, (1, H, W) or (T, 1, H, W): 0 outside, 1 face, 2 brows, 3 nose, 4 eyes, 5 mouth,
        6 inside of the mouth; regions are the polygons of `FACE_PARTS`, outline included.

    Raises:
        TypeError, ValueError: as in `face_edges`.

    Example:
        >>> angle = torch.arange(68) * 0.1
        >>> circle = torch.stack([30 + 20 * angle.cos(), 24 + 18 * angle.sin()], dim=-1)
        >>> face_part_ids(circle, (48, 64)).shape
        torch.Size([1, 48, 64])
    """
    return _per_frame(_draw_parts, landmarks, 1, size, "face_part_ids", torch.int64)


def face_distance_maps(landmarks: Tensor, size: Size) -> Tensor:
    """Measure how far each pixel is from each edge list: floor(L1 distance / 3), at most 255.

    Args:
        landmarks: (68, 2) or (T, 68, 2), x then y in pixels.
        size: (H, W) of the image.

    Returns:
        uint8, (14, H, W) or (T, 14, H, W), in the order of `FACE_EDGE_LISTS`; 255 everywhere for
        an edge list wholly outside the image.

    Raises:
        TypeError, ValueError: as in `face_edges`.

    Example:
        >>> angle = torch.arange(68) * 0.1
        >>> circle = torch.stack([30 + 20 * angle.cos(), 24 + 18 * angle.sin()], dim=-1)
        >>> face_distance_maps(circle, (48, 64)).shape
        torch.Size([14, 48, 64])
    """
    return _per_frame(_draw_distances, landmarks, 14, size, "face_distance_maps")


def face_condition_maps(
    landmarks: Tensor,
    size: Size,
    *,
    oversampling: int = 1,
    dtype: torch.dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Draw what a face generator sees: the edges and 14 distance maps, divided by 255.

    The published frames are 512 pixels wide. At 128 pixels the same strokes fill a mouth, and
    whole pixels are too coarse for the corner of an eye: there ``oversampling=4`` draws the maps of
    512 pixels and averages them down.

    Bytes are drawn in half the time of float32 and take a quarter of the memory, so that they are
    what to send to a GPU, and to divide there.

    Args:
        landmarks: (68, 2) or (T, 68, 2), x then y in pixels.
        size: (H, W) of the image.
        oversampling: how many times larger than ``size`` the maps are drawn.
        dtype: floating-point, for maps in [0, 1], or ``torch.uint8``, for whole numbers in
            [0, 255], not divided; that of ``out``, or float32, if None.
        out: a contiguous tensor in the memory of the CPU, of the result's shape, to be written and
            returned, so that a stream needs no new memory for every frame.

    Returns:
        Maps in [0, 1] or [0, 255], (15, H, W) or (T, 15, H, W): `face_edges`, then
        `face_distance_maps`.

    Raises:
        TypeError, ValueError: as in `face_edges`, or oversampling is below 1, or dtype or ``out``
            do not fit.

    Example:
        >>> angle = torch.arange(68) * 0.1
        >>> circle = torch.stack([30 + 20 * angle.cos(), 24 + 18 * angle.sin()], dim=-1)
        >>> face_condition_maps(circle, (48, 64)).shape
        torch.Size([15, 48, 64])
        >>> face_condition_maps(circle, (48, 64), dtype=torch.uint8).unique()[-1]
        tensor(255, dtype=torch.uint8)
    """
    check_at_least("face_condition_maps", 1, oversampling=oversampling)
    kind = output_dtype("face_condition_maps", dtype, out)
    if kind != torch.uint8 and not kind.is_floating_point:
        raise TypeError(
            f"face_condition_maps: dtype must be torch.uint8 or floating-point, got {kind}"
        )
    height, width = size = check_size(size, "face_condition_maps")
    frames = landmark_array(landmarks, size, "face_condition_maps")
    maps = output_maps("face_condition_maps", (*landmarks.shape[:-2], 15, *size), kind, out)
    large = (height * oversampling, width * oversampling)
    is_direct = kind == torch.uint8 and oversampling == 1
    canvas = np.empty((0 if is_direct else 15, *large), dtype=np.uint8)
    scratch = Scratch(large)
    for frame, result in zip(frames, maps.view(-1, 15, *size), strict=True):
        # The centers of the pixels stay where they are.
        points = (frame + 0.5) * oversampling - 0.5 if oversampling > 1 else frame
        target = result.numpy() if is_direct else canvas
        _draw_all(points, target, scratch)
        if oversampling > 1:
            write_averages(canvas, oversampling, result)
        elif not is_direct:
            for channel, drawn in zip(result, torch.from_numpy(canvas), strict=True):
                channel.copy_(drawn).div_(255)  # while it is in the cache
    return maps if out is not None else maps.to(landmarks.device)


def _per_frame(
    draw: Callable[[Floats, Maps], None],
    landmarks: Tensor,
    channels: int,
    size: Size,
    function: str,
    dtype: torch.dtype = torch.uint8,
) -> Tensor:
    """Let ``draw`` fill maps (channels, H, W) frame by frame."""
    size = check_size(size, function)
    points = landmark_array(landmarks, size, function)
    maps = output_maps(function, (len(points), channels, *size), dtype)
    for frame, out in zip(points, maps, strict=True):
        draw(frame, out.numpy())
    return (maps if landmarks.dim() == 3 else maps[0]).to(landmarks.device)


def _draw_edges(landmarks: Floats, canvas: Bytes) -> None:
    draw_points(_points(landmarks, canvas)[0], canvas[0])


def _draw_parts(landmarks: Floats, canvas: Maps) -> None:
    corners = np.floor(close_forehead(landmarks)).astype(np.int64)
    polygons = [corners[list(indices)] for _, indices in FACE_PARTS]
    polygon_ids(canvas[0], polygons, [part for part, _ in FACE_PARTS])


def _draw_distances(landmarks: Floats, canvas: Bytes) -> None:
    scratch = Scratch((canvas.shape[1], canvas.shape[2]))
    distance_thirds(*_points(landmarks, canvas), canvas, scratch)


def _draw_all(landmarks: Floats, canvas: Bytes, scratch: Scratch) -> None:
    points, ends = _points(landmarks, canvas)
    draw_points(points, canvas[0])
    distance_thirds(points, ends, canvas[1:], scratch)


def _points(landmarks: Floats, canvas: Bytes) -> tuple[Integers, Integers]:
    return visible(*edge_points(landmarks), (canvas.shape[1], canvas.shape[2]))
