"""Ray casting: finds the surface that each ray hits."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from examples.synthetic.street.camera import Camera
from examples.synthetic.street.surfaces import Scene, Surface, X, Y, Z

Floats = NDArray[np.float32]
Rays = tuple[Floats, Floats, Floats]

_NEAR, _FAR = 0.4, 220.0  # near and far plane, in meters
_SMALLEST = 0.6  # pixels; surfaces lower in the image are skipped
_MARGIN = 1.25  # of the image's edges: a rotated camera sees a little more


class Hits(NamedTuple):
    """What the rays of a frame hit.

    Attributes:
        surface: number of the surface in `Scene`, 0 = sky, (H', W').
        depth: along the optical axis, in meters, infinite for the sky, (H', W').
        rays: x of each column, y of each row, z of each column, as from `Camera.directions`.
    """

    surface: NDArray[np.int16]
    depth: Floats
    rays: Rays


def cast(scene: Scene, camera: Camera, time: int, samples: int = 1) -> Hits:
    """Find the nearest surface along every ray.

    Args:
        scene: the street.
        camera: the camera at that time.
        time: number of the frame; some surfaces move.
        samples: rays per pixel along each axis; one passes through the pixel's center.
    """
    rays = camera.directions(samples)
    shape = (len(rays[1]), len(rays[0]))
    hits = Hits(np.zeros(shape, np.int16), np.full(shape, np.inf, np.float32), rays)
    focal = camera.focal * samples
    with np.errstate(divide="ignore", invalid="ignore"):
        for number in _in_view(scene, camera, time):
            surface = scene.surfaces[number - 1]
            eye = (
                camera.x - surface.velocity[0] * time,
                camera.y,
                camera.z - surface.velocity[1] * time,
            )
            if surface.axis == Y:
                _cast_flat(scene, hits, surface, number, eye, focal)
            else:
                _cast_upright(scene, hits, surface, number, eye, focal)
    return hits


def centers(scene: Scene, camera: Camera, time: int, fine: Hits) -> Hits:
    """Return one hit per pixel: the surface of its first sample, hit at the pixel's center."""
    samples = len(fine.rays[0]) // camera.size[1]
    surface = fine.surface[::samples, ::samples]
    rays = camera.directions(1)
    eye = np.array([camera.x, camera.y, camera.z], np.float32)
    corner = scene.low - eye
    corner[:, ::2] += scene.velocity * np.float32(time)
    away = corner[np.arange(len(corner)), scene.axis]
    kind = scene.axis[surface]
    along = np.where(kind == X, rays[0], np.where(kind == Y, rays[1][:, None], rays[2]))
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = away[surface] / along
    # A surface seen edge-on may end before the center.
    depth = np.where((depth > _NEAR) & (depth < 4 * _FAR), depth, fine.depth[::samples, ::samples])
    depth[surface == 0] = np.inf
    return Hits(surface, depth, rays)


def _in_view(scene: Scene, camera: Camera, time: int) -> list[int]:
    """List the potentially visible surfaces, nearest first, so that they occlude the rest early."""
    eye = np.array([camera.x, camera.y, camera.z], np.float32)
    shift = scene.velocity * np.float32(time)
    low, high = scene.low - eye, scene.high - eye
    low[:, ::2] += shift
    high[:, ::2] += shift
    begin = np.maximum(low[:, 2], np.float32(_NEAR))
    end = high[:, 2]
    ends = (begin, np.maximum(end, begin))
    left, right, bottom, top = (
        extreme([side[:, axis] / position for position in ends], axis=0)
        for side, axis, extreme in (
            (low, 0, np.min),
            (high, 0, np.max),
            (low, 1, np.min),
            (high, 1, np.max),
        )
    )
    edge = (camera.size[1] / 2 + 1) / camera.focal
    turn = math.tan(camera.yaw)
    seen = (
        (end > _NEAR)
        & (begin < _FAR)
        & (right > turn - _MARGIN * edge)
        & (left < turn + _MARGIN * edge)
    )
    seen &= top > _MARGIN * (camera.horizon - camera.size[0]) / camera.focal
    seen &= bottom < _MARGIN * (camera.horizon + 1) / camera.focal
    seen &= (top - bottom) * camera.focal > _SMALLEST
    seen &= low[np.arange(len(low)), scene.axis] * scene.facing <= 0
    seen[0] = False
    order = np.flatnonzero(seen)
    return [int(number) for number in order[np.argsort(begin[order], kind="stable")]]


def _cast_flat(
    scene: Scene,
    hits: Hits,
    surface: Surface,
    number: int,
    eye: tuple[float, float, float],
    focal: float,
) -> None:
    """Mark where a horizontal surface is nearest."""
    x, y, z = hits.rays
    depth = np.float32(surface.position - eye[1]) / y
    rows = np.flatnonzero(
        (depth > _NEAR)
        & (depth * z.max() >= surface.low[1] - eye[2])
        & (depth * z.min() < surface.high[1] - eye[2])
    )
    if len(rows) == 0:
        return
    depth = depth[rows[0] : rows[-1] + 1, None]
    # x grows from column to column: the columns between the leftmost and rightmost hit.
    ends = ((surface.low[0] - eye[0]) / depth).min(), ((surface.high[0] - eye[0]) / depth).max()
    first, last = np.searchsorted(x, ends).tolist()
    if first >= last:
        return
    window = (slice(rows[0], rows[-1] + 1), slice(first, last))
    size = float(depth[len(rows) // 2, 0]) * surface.scale[0] / focal  # texels per ray
    across = depth * x[first:last] + np.float32(eye[0])
    along = depth * z[first:last] + np.float32(eye[2])
    found = (across >= surface.low[0]) & (across < surface.high[0])
    found &= (along >= surface.low[1]) & (along < surface.high[1])
    found &= depth < hits.depth[window]
    if surface.cut and found.any():
        found &= _opaque(scene, surface, across, along, size)
    np.copyto(hits.depth[window], depth, where=found)
    np.copyto(hits.surface[window], np.int16(number), where=found)


def _cast_upright(
    scene: Scene,
    hits: Hits,
    surface: Surface,
    number: int,
    eye: tuple[float, float, float],
    focal: float,
) -> None:
    """Mark where a surface across x or z is nearest."""
    x, y, z = hits.rays
    through, beside = (x, z) if surface.axis == X else (z, x)
    depth = np.float32(surface.position - eye[surface.axis]) / through
    position = depth * beside + np.float32(eye[Z - surface.axis])
    columns = np.flatnonzero(
        (depth > _NEAR)
        & (depth < _FAR)
        & (position >= surface.low[0])
        & (position < surface.high[0])
    )
    if len(columns) == 0:
        return
    across = slice(columns[0], columns[-1] + 1)
    depth, position = depth[across], position[across]
    # y falls from row to row: the rows between the highest and the lowest hit of the surface.
    high, low = (
        ((surface.high[1] - eye[1]) / depth).max(),
        ((surface.low[1] - eye[1]) / depth).min(),
    )
    first = len(y) - int(np.searchsorted(y[::-1], high, side="right"))
    last = len(y) - int(np.searchsorted(y[::-1], low, side="left"))
    if first >= last:
        return
    window = (slice(first, last), across)
    if depth.min() > hits.depth[window].max():
        return
    height = y[first:last, None] * depth + np.float32(eye[1])
    found = (height >= surface.low[1]) & (height < surface.high[1])
    found &= depth < hits.depth[window]
    if surface.cut:
        size = float(depth[len(depth) // 2]) * surface.scale[1] / focal  # texels per ray
        found &= _opaque(scene, surface, position, height, size)
    np.copyto(hits.depth[window], depth, where=found)
    np.copyto(hits.surface[window], np.int16(number), where=found)


def _opaque(
    scene: Scene, surface: Surface, first: Floats, second: Floats, size: float
) -> NDArray[np.bool_]:
    """Return where a surface's texture is opaque, at positions along its sides."""
    column = (first - np.float32(surface.origin[0])) * np.float32(surface.scale[0])
    row = (second - np.float32(surface.origin[1])) * np.float32(surface.scale[1])
    return scene.atlas.opaque(surface.texture, column, row, round(math.log2(max(size, 1))))
