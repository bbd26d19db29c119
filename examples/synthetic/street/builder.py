"""Collects the surfaces and textures of a street."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from examples.synthetic.street.atlas import Atlas
from examples.synthetic.street.surfaces import Axis, Surface, X, Y

#: The first of the 19 training classes of Cityscapes, in their order.
CLASSES = (
    "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign",
    "vegetation", "terrain", "sky", "person", "rider", "car",
)  # fmt: skip
FOREGROUND = ("person", "rider", "car")

Point = tuple[float, float]
Facing = Literal[-1, 0, 1]
Painter = Callable[[np.random.Generator, int], NDArray[np.uint8]]


class Builder:
    """A street under construction.

    Attributes:
        rng: generator of all random choices.
        texels: texels per meter of the textures.
        atlas, surfaces: the textures and surfaces added so far.

    Args:
        rng: generator of all random choices.
        texels: texels per meter of the textures.
        sun: brightness of surfaces that face left, right, the camera and up.
        warmth: factor of red; blue is divided by it.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        texels: int,
        sun: tuple[float, float, float, float],
        warmth: float,
    ) -> None:
        self.rng, self.texels = rng, texels
        self.atlas, self.surfaces = Atlas(), list[Surface]()
        self._sun, self._warmth = sun, warmth
        self._counts = dict.fromkeys(FOREGROUND, 0)

    def paint(self, painter: Painter) -> int:
        """Add a texture made by a painter function, and return its number."""
        return self.atlas.add(painter(self.rng, self.texels))

    def new_instance(self, name: str) -> int:
        """Return the id of a new instance of a class: class id * 1000 + number."""
        self._counts[name] += 1
        return CLASSES.index(name) * 1000 + self._counts[name]

    def add(
        self,
        name: str,
        axis: Axis,
        position: float,
        low: Point,
        high: Point,
        texture: int,
        *,
        covers: Point | None = None,
        tint: float = 1.0,
        cut: bool = False,
        facing: Facing = 0,
        instance: int | None = None,
        velocity: Point = (0, 0),
    ) -> None:
        """Add a rectangle; see `Surface`.

        Args:
            name: name of the class.
            axis: axis perpendicular to the rectangle.
            position: its coordinate on that axis.
            low: its corner with the lower coordinates along its two sides.
            high: the opposite corner.
            texture: number of the texture.
            covers: meters that the texture covers before it repeats; None stretches it over the
                whole rectangle.
            tint: factor of the brightness.
            cut: whether the texture has transparent parts.
            facing: sign of the side that is visible; 0: both.
            instance: an id of `new_instance`; None for classes without instances.
            velocity: meters per frame along x and z.
        """
        label = CLASSES.index(name)
        rows, columns = self.atlas.size(texture)
        extent = (high[0] - low[0], high[1] - low[1]) if covers is None else covers
        light = self._light(axis, facing) * tint
        self.surfaces.append(
            Surface(
                axis, position, low, high, texture,
                scale=(columns / extent[0], rows / extent[1]),
                origin=low,
                label=label,
                instance=label if instance is None else instance,
                tint=(light * self._warmth, light, light / self._warmth),
                cut=cut, facing=facing, velocity=velocity,
            )
        )  # fmt: skip

    def _light(self, axis: Axis, facing: Facing) -> float:
        left, right, camera, up = self._sun
        if axis == X and facing:
            return left if facing < 0 else right
        return up if axis == Y else camera
