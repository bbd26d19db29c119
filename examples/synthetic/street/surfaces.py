"""The surfaces of a scene: axis-aligned rectangles, some of which move."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from examples.synthetic.street.atlas import Atlas

Axis = Literal[0, 1, 2]
X, Y, Z = 0, 1, 2


class Surface(NamedTuple):
    """A textured rectangle; x points right, y up, z along the street, in meters.

    Its two sides are z and y for a surface perpendicular to x, x and z for y, x and y for z.

    Attributes:
        axis: the axis perpendicular to it.
        position: its coordinate on that axis.
        low, high: its corners along its two sides.
        texture: number in the atlas.
        scale: texels per meter along its sides.
        origin: the point where its texture begins.
        label: class id.
        instance: class id * 1000 + number for countable objects, else the class id.
        tint: factor of the texture's color.
        cut: whether the texture has transparent parts.
        facing: sign of the side that is visible; 0: both.
        velocity: meters per frame along x and z.
    """

    axis: Axis
    position: float
    low: tuple[float, float]
    high: tuple[float, float]
    texture: int
    scale: tuple[float, float]
    origin: tuple[float, float]
    label: int
    instance: int
    tint: tuple[float, float, float] = (1, 1, 1)
    cut: bool = False
    facing: Literal[-1, 0, 1] = 0
    velocity: tuple[float, float] = (0, 0)


class Scene:
    """The surfaces of a street as arrays; number 0 is the sky.

    Args:
        atlas: the textures, closed.
        sky: texture of the sky; its rows rise from the horizon to 45 degrees.
        surfaces: everything else.
        sky_label: class id of the sky.
        haze: color of distant surfaces, RGB in [0, 255].
        fog: distance in meters at which 63 % of a color is haze.
    """

    def __init__(
        self,
        atlas: Atlas,
        sky: int,
        surfaces: list[Surface],
        *,
        sky_label: int,
        haze: tuple[float, float, float],
        fog: float,
    ) -> None:
        self.atlas, self.sky, self.fog = atlas, sky, fog
        self.haze = np.array(haze, np.float32)
        self.surfaces = surfaces
        nowhere = Surface(Z, 0, (0, 0), (0, 0), sky, (1, 1), (0, 0), sky_label, sky_label)
        every = [nowhere, *surfaces]
        self.axis = np.array([s.axis for s in every], np.int8)
        self.label = np.array([s.label for s in every], np.int64)
        self.instance = np.array([s.instance for s in every], np.int64)
        self.texture = np.array([s.texture for s in every], np.int32)
        self.scale = np.array([s.scale for s in every], np.float32)
        self.origin = np.array([s.origin for s in every], np.float32)
        self.tint = np.array([s.tint for s in every], np.float32)
        self.velocity = np.array([s.velocity for s in every], np.float32)
        self.facing = np.array([s.facing for s in every], np.int8)
        self.low, self.high = np.array([_corners(s) for s in every], np.float32).swapaxes(0, 1)


def _corners(surface: Surface) -> tuple[list[float], list[float]]:
    """Return the two corners of a surface in space."""
    across, (first, second) = surface.axis, ((Z, Y), (X, Z), (X, Y))[surface.axis]
    corners = []
    for sides in (surface.low, surface.high):
        corner = [0.0, 0.0, 0.0]
        corner[across], corner[first], corner[second] = surface.position, *sides
        corners.append(corner)
    return corners[0], corners[1]
