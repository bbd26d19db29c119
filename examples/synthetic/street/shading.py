"""Computes the colors of the surfaces that rays hit."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from examples.synthetic.street.camera import Camera
from examples.synthetic.street.renderer import Hits, Rays
from examples.synthetic.street.surfaces import Scene, X, Y, Z

Floats = NDArray[np.float32]

_SKY_HEIGHT = 256  # rows of the sky's texture, the lowest at the horizon
_GRAZING = 0.7  # exponent of the blur of slanted surfaces; 1 never flickers, 0 never blurs


def colors(scene: Scene, camera: Camera, time: int, hits: Hits) -> Floats:
    """Look up the color of every ray, (H', W', 3) in [0, 255]."""
    shape = hits.depth.shape
    image = np.empty((shape[0] * shape[1], 3), np.float32)
    surface, depth = hits.surface.reshape(-1), hits.depth.reshape(-1)
    axis = np.where(surface == 0, np.int8(3), scene.axis[surface])
    focal = camera.focal * shape[1] / camera.size[1]
    for kind in (X, Y, Z):
        picked = np.flatnonzero(axis == kind)
        rows, columns = np.divmod(picked.astype(np.int32), np.int32(shape[1]))
        number, away = surface[picked], depth[picked]
        x, y, z = hits.rays[0][columns], hits.rays[1][rows], hits.rays[2][columns]
        directions = (x, y, z)
        texels = []
        for side, along in enumerate(((Z, Y), (X, Z), (X, Y))[kind]):
            position = away * directions[along] + _eye(scene, camera, time, number, along)
            position -= scene.origin[number, side]
            texels.append(position * scene.scale[number, side])
        slant = np.maximum(np.abs(directions[kind]), np.float32(0.02))
        size = away * scene.scale[number, 1] / np.float32(focal)
        level = np.log2(size) - np.float32(_GRAZING) * np.log2(slant)
        found = scene.atlas.colors(scene.texture[number], *texels, level)
        found *= scene.tint[number]
        clear = np.exp(away * np.float32(-1 / scene.fog))[:, None]
        image[picked] = scene.haze + (found - scene.haze) * clear
    _paint_sky(scene, image, np.flatnonzero(axis == 3), hits.rays, focal)
    return image.reshape(*shape, 3)


def _eye(
    scene: Scene, camera: Camera, time: int, number: NDArray[np.int16], axis: int
) -> Floats | np.float32:
    """Return the camera's position relative to moving surfaces."""
    if axis == Y:
        return np.float32(camera.y)
    side = 0 if axis == X else 1
    position = np.float32(camera.x if axis == X else camera.z)
    moved: Floats = position - scene.velocity[number, side] * np.float32(time)
    return moved


def _paint_sky(
    scene: Scene,
    image: Floats,
    picked: NDArray[np.int64],
    rays: Rays,
    focal: float,
) -> None:
    """Look up the sky: columns of its texture are azimuths, rows elevations above the horizon."""
    width = len(rays[0])
    rows, columns = np.divmod(picked.astype(np.int32), np.int32(width))
    turn = np.arctan2(rays[0], rays[2]) * np.float32(8 * _SKY_HEIGHT / (2 * np.pi))
    size = math.log2(max(_SKY_HEIGHT * 8 / (2 * np.pi) / focal, 1))
    rise = rays[1][rows] / np.hypot(rays[0], rays[2])[columns] * _SKY_HEIGHT
    rim = 2 ** round(size)  # the texture repeats: avoid sampling its other end
    rise = rise.clip(rim, _SKY_HEIGHT - rim)
    number = np.full(len(picked), scene.sky, np.int32)
    level = np.full(len(picked), size, np.float32)
    image[picked] = scene.atlas.colors(number, turn[columns], rise.astype(np.float32), level)
