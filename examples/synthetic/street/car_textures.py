"""Textures of a car's faces; transparent outside its outline."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from examples.synthetic.street.paint import Array, Canvas, fractal_noise, pick

Bytes = NDArray[np.uint8]

WIDTH, LENGTH, BODY, CABIN = 1.8, 4.2, 0.9, 0.58  # meters; the heights of the two boxes
_CABIN_WIDTH, _CABIN_LENGTH = 1.6, 2.3
_PAINTS = (
    [0.82, 0.82, 0.82], [0.12, 0.12, 0.14], [0.5, 0.52, 0.55], [0.62, 0.1, 0.1], [0.13, 0.24, 0.5],
    [0.3, 0.33, 0.36], [0.16, 0.32, 0.24], [0.72, 0.6, 0.4], [0.85, 0.7, 0.2], [0.9, 0.9, 0.88],
)  # fmt: skip
_GLASS = np.array([0.2, 0.25, 0.3])
_BLACK = np.array([0.07, 0.07, 0.08])


class CarTextures(NamedTuple):
    """Faces of the lower box (body) and of the upper one (cabin)."""

    body_end: Bytes
    body_side: Bytes
    body_top: Bytes
    cabin_end: Bytes
    cabin_side: Bytes
    cabin_top: Bytes


def car(rng: np.random.Generator, texels: int, *, front: bool) -> CarTextures:
    """Paint a car in one color.

    Args:
        rng: generator of the color and details.
        texels: texels per meter, approximately.
        front: whether the visible end is the front, not the rear.
    """
    paint = pick(rng, _PAINTS)
    return CarTextures(
        _body_end(rng, paint, texels, front),
        _body_side(paint, texels),
        _top(rng, paint, texels, LENGTH),
        _cabin_end(paint, texels, front),
        _cabin_side(paint, texels),
        _top(rng, paint * 1.05, texels, _CABIN_LENGTH),
    )


def _body_end(rng: np.random.Generator, paint: Array, texels: int, front: bool) -> Bytes:
    canvas = Canvas((texels, 2 * texels), (WIDTH, BODY))
    across = np.abs(canvas.x - WIDTH / 2)
    for side in (0.2, WIDTH - 0.2):
        canvas.fill(canvas.box(side - 0.13, 0, side + 0.13, 0.4), _BLACK)
    canvas.fill((canvas.y > 0.24) & (across < 0.9), paint)
    canvas.fill((canvas.y > 0.24) & (canvas.y < 0.38) & (across < 0.88), paint * 0.45)
    lamp = (across > 0.62) & (across < 0.86) & (canvas.y > 0.56) & (canvas.y < 0.74)
    canvas.fill(lamp, [0.95, 0.95, 0.85] if front else [0.75, 0.06, 0.06])
    if front:
        canvas.fill((across < 0.5) & (canvas.y > 0.5) & (canvas.y < 0.7), [0.1, 0.1, 0.11])
        canvas.fill((across < 0.5) & (np.abs(canvas.y - 0.6) < 0.02), [0.6, 0.6, 0.6])
    plate = (across < 0.26) & (canvas.y > 0.4) & (canvas.y < 0.51)
    canvas.fill(plate, [0.88, 0.88, 0.82])
    canvas.fill(plate & (np.abs(canvas.y - 0.455) < 0.03) & (across % 0.1 < 0.06), [0.2] * 3)
    canvas.shade(0.82 + 0.3 * canvas.y + 0.02 * fractal_noise(rng, canvas.x.shape, 0.8))
    return canvas.texture()


def _body_side(paint: Array, texels: int) -> Bytes:
    canvas = Canvas((texels, 4 * texels), (LENGTH, BODY))
    canvas.fill(canvas.y > 0.24, paint)
    canvas.fill((canvas.y > 0.24) & (canvas.y < 0.34), paint * 0.45)
    for seam in (1.25, 2.1, 3.0):
        canvas.fill((np.abs(canvas.x - seam) < 0.025) & (canvas.y > 0.34), paint * 0.6)
    for handle in (1.5, 2.35):
        canvas.fill(canvas.box(handle, 0.68, handle + 0.22, 0.73), paint * 0.55)
    canvas.shade(0.78 + 0.35 * canvas.y)
    for wheel in (0.8, LENGTH - 0.8):
        arch = canvas.disc(wheel, 0.32, 0.4) & (canvas.y > 0.24)
        canvas.fill(arch, _BLACK)
        canvas.fill(canvas.disc(wheel, 0.32, 0.32), _BLACK * 1.6)
        canvas.fill(canvas.disc(wheel, 0.32, 0.19), [0.6, 0.6, 0.62])
    return canvas.texture()


def _cabin_end(paint: Array, texels: int, front: bool) -> Bytes:
    canvas = Canvas((texels, 2 * texels), (_CABIN_WIDTH, CABIN))
    across = np.abs(canvas.x - _CABIN_WIDTH / 2)
    canvas.fill(across < 0.8, paint)
    edge = 0.72 - 0.1 * canvas.y / CABIN
    glass = (across < edge) & (canvas.y > 0.05) & (canvas.y < CABIN - 0.07)
    tone = _GLASS * (1.5 if front else 1.0)
    canvas.fill(glass, (0.8 + 0.7 * canvas.y)[..., None] * tone)
    canvas.fill(glass & (canvas.disc(0.45, 0.16, 0.14) | canvas.disc(1.15, 0.16, 0.14)), tone * 0.5)
    return canvas.texture()


def _cabin_side(paint: Array, texels: int) -> Bytes:
    canvas = Canvas((texels, 4 * texels), (_CABIN_LENGTH, CABIN))
    low = 0.5 * canvas.y / CABIN  # the far windscreen leans
    canvas.fill(canvas.x < _CABIN_LENGTH - low, paint)
    glass = (canvas.x > 0.12 + 0.3 * low) & (canvas.x < _CABIN_LENGTH - low - 0.12)
    glass &= (canvas.y > 0.04) & (canvas.y < CABIN - 0.08) & (np.abs(canvas.x - 1.05) > 0.05)
    canvas.fill(glass, (0.8 + 0.8 * canvas.y)[..., None] * _GLASS)
    return canvas.texture()


def _top(rng: np.random.Generator, paint: Array, texels: int, length: float) -> Bytes:
    canvas = Canvas((2 * texels, texels), (WIDTH, length), (paint * 1.15).clip(0, 1))
    canvas.shade(1 + 0.02 * fractal_noise(rng, canvas.x.shape, 1))
    canvas.shade(1 - 0.15 * np.abs(canvas.x - WIDTH / 2))
    return canvas.texture()
