"""Textures of trees, hedges, poles, signs, lights and people; transparent around them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from examples.synthetic.street.paint import (
    Array,
    Canvas,
    Mask,
    between,
    fractal_noise,
    pick,
)

Bytes = NDArray[np.uint8]

_CLOTHES = (
    [0.7, 0.16, 0.16], [0.15, 0.25, 0.5], [0.16, 0.17, 0.2], [0.78, 0.75, 0.68],
    [0.2, 0.42, 0.3], [0.75, 0.55, 0.15], [0.45, 0.2, 0.42], [0.35, 0.5, 0.66],
)  # fmt: skip
_SKINS = ([0.85, 0.66, 0.54], [0.68, 0.48, 0.36], [0.42, 0.28, 0.2])


def _leaves(rng: np.random.Generator, canvas: Canvas, area: Mask, rise: Array) -> None:
    """Fill an area with foliage, lighter where ``rise``, 0 to 1, is high."""
    tone = pick(rng, [[0.26, 0.4, 0.16], [0.33, 0.44, 0.18], [0.22, 0.36, 0.2]])
    shape = canvas.x.shape
    light = 0.62 + 0.5 * rise + 0.2 * fractal_noise(rng, shape, 0.5, coarsest=6)
    canvas.fill(area, light[..., None] * tone)


def crown(rng: np.random.Generator, texels: int) -> Bytes:
    """Paint the crown of a tree, 4 x 4 meters."""
    canvas = Canvas((4 * texels, 4 * texels), (4, 4))
    x, y = canvas.x - 2, canvas.y - 2
    field = np.full(x.shape, -1.0)
    for _ in range(16):
        angle, reach = between(rng, 0, 2 * np.pi), between(rng, 0, 1.15)
        radius = between(rng, 0.45, 0.85)
        center = reach * np.cos(angle), reach * np.sin(angle)
        away = np.hypot(x - center[0], y - center[1]) / radius
        field = np.maximum(field, 1 - away)
    ragged = field + 0.11 * fractal_noise(rng, x.shape, 0.9, coarsest=5)
    area = (ragged > 0.08) & (np.hypot(x, y) < 1.95)
    _leaves(rng, canvas, area, (y / 4 + 0.5 + 0.5 * field).clip(0, 1))
    return canvas.texture()


def hedge(rng: np.random.Generator, texels: int) -> Bytes:
    """Paint a hedge 4 meters long and 1 high, ragged at the top."""
    canvas = Canvas((texels, 4 * texels), (4, 1))
    top = 0.88 + 0.05 * fractal_noise(rng, (1, canvas.x.shape[1]), 0.8)
    _leaves(rng, canvas, canvas.y < top, canvas.y * 0.7)
    return canvas.texture()


def tree_row(rng: np.random.Generator, texels: int) -> Bytes:
    """Paint a row of distant trees, 64 x 16 meters; transparent above."""
    canvas = Canvas((8 * texels, 32 * texels), (64, 16))
    top = np.zeros(canvas.x.shape[1])
    for _ in range(26):
        x, radius, height = between(rng, 0, 64), between(rng, 3, 6), between(rng, 6, 13)
        away = np.abs((canvas.x[0] - x + 32) % 64 - 32) / radius
        top = np.maximum(top, height * np.sqrt((1 - away**2).clip(0)))
    ragged = top + 0.5 * fractal_noise(rng, (1, len(top)), 0.7, coarsest=10)
    area = canvas.y < np.maximum(ragged, 3)
    _leaves(rng, canvas, area, (canvas.y / np.maximum(top, 3)).clip(0, 1) * 0.8)
    return canvas.texture()


def bark(rng: np.random.Generator, texels: int) -> Bytes:
    """Paint a trunk, 0.5 x 2 meters."""
    canvas = Canvas((2 * texels, max(4, texels // 2)), (0.5, 2), [0.32, 0.25, 0.19])
    canvas.shade(1 + 0.12 * fractal_noise(rng, canvas.x.shape, 0.5))
    canvas.shade(1.25 - 1.2 * canvas.x)
    return canvas.texture()


def metal(gray: float, texels: int) -> Bytes:
    """Paint a pole, lit from one side, 0.5 x 2 meters."""
    canvas = Canvas((2 * texels, max(4, texels // 2)), (0.5, 2), [gray, gray, 1.05 * gray])
    canvas.shade(1.25 - canvas.x)
    return canvas.texture()


def sign(rng: np.random.Generator, texels: int) -> Bytes:
    """Paint a traffic sign of one of four kinds, 1 x 1 meter; transparent around it."""
    canvas = Canvas((texels, texels), (1, 1))
    red, white, blue = [0.78, 0.1, 0.12], [0.93, 0.93, 0.93], [0.1, 0.27, 0.65]
    kind = int(rng.integers(4))
    if kind == 0:
        canvas.fill(canvas.disc(0.5, 0.5, 0.48), red)
        canvas.fill(canvas.disc(0.5, 0.5, 0.33), white)
    elif kind == 1:
        canvas.fill(canvas.box(0.06, 0.06, 0.94, 0.94), blue)
        canvas.fill(canvas.box(0.4, 0.2, 0.6, 0.8) | canvas.box(0.4, 0.6, 0.75, 0.8), white)
    elif kind == 2:
        spread = np.abs(canvas.x - 0.5)
        canvas.fill((canvas.y > 0.06) & (spread < 0.52 * (0.97 - canvas.y)), red)
        canvas.fill((canvas.y > 0.16) & (spread < 0.52 * (0.76 - canvas.y)), white)
    else:
        spread = np.abs(canvas.x - 0.5) + np.abs(canvas.y - 0.5)
        canvas.fill(spread < 0.5, white)
        canvas.fill(spread < 0.38, [0.95, 0.75, 0.1])
    return canvas.texture()


def lights(rng: np.random.Generator, texels: int) -> Bytes:
    """Paint a traffic light, 0.4 x 1 meter, one lamp lit."""
    canvas = Canvas((texels, max(4, texels // 2)), (0.4, 1), [0.09, 0.1, 0.09])
    lit = int(rng.choice([0, 2]))
    colors = ([0.1, 0.85, 0.3], [1, 0.7, 0.1], [1, 0.15, 0.1])
    for number, color in enumerate(colors):
        lamp = canvas.disc(0.2, 0.2 + 0.3 * number, 0.13)
        canvas.fill(lamp, color if number == lit else np.array(color) * 0.22)
    return canvas.texture()


def person(rng: np.random.Generator, texels: int) -> Bytes:
    """Paint a standing person, 1 x 2 meters, the head at 1.75 m; transparent around."""
    canvas = Canvas((2 * texels, texels), (1, 2))
    legs, shirt, skin = pick(rng, _CLOTHES), pick(rng, _CLOTHES), pick(rng, _SKINS)
    stride = between(rng, 0.03, 0.12)
    for side in (-1, 1):
        foot = 0.5 + side * (0.07 + stride)
        hip = 0.5 + side * 0.08
        x = foot + (hip - foot) * (canvas.y / 0.9)
        canvas.fill((np.abs(canvas.x - x) < 0.085) & (canvas.y < 0.95), legs * (0.9 + 0.1 * side))
        canvas.fill(canvas.disc(foot, 0.05, 0.11, height=0.06), [0.12, 0.1, 0.1])
    for side in (-1, 1):
        x = 0.5 + side * (0.3 - 0.08 * (canvas.y - 0.8) / 0.6)
        arm = (np.abs(canvas.x - x) < 0.06) & (canvas.y > 0.78) & (canvas.y < 1.42)
        canvas.fill(arm, shirt * 0.8)
        canvas.fill(canvas.disc(0.5 + side * 0.3, 0.77, 0.06), skin)
    canvas.fill((np.abs(canvas.x - 0.5) < 0.22) & (canvas.y > 0.85) & (canvas.y < 1.4), shirt)
    canvas.fill(canvas.disc(0.5, 1.38, 0.23, height=0.12), shirt)
    canvas.fill(canvas.box(0.45, 1.4, 0.55, 1.56), skin * 0.85)
    _head(rng, canvas, 1.62, skin)
    canvas.shade(1 + 0.05 * fractal_noise(rng, canvas.x.shape, 0.6))
    canvas.shade(1.12 - 0.28 * canvas.x)
    return canvas.texture()


def rider(rng: np.random.Generator, texels: int) -> Bytes:
    """Paint a cyclist from behind, 1 x 2 meters; transparent around."""
    canvas = Canvas((2 * texels, texels), (1, 2))
    legs, shirt, skin = pick(rng, _CLOTHES), pick(rng, _CLOTHES), pick(rng, _SKINS)
    canvas.fill(canvas.disc(0.5, 0.35, 0.07, height=0.35), [0.1, 0.1, 0.11])
    canvas.fill(canvas.box(0.43, 0.6, 0.57, 0.72), [0.8, 0.12, 0.1])
    canvas.fill(canvas.box(0.15, 1.02, 0.85, 1.08), [0.2, 0.2, 0.22])
    for side, foot in ((-1, 0.28), (1, 0.5)):
        canvas.fill(canvas.box(0.5 + side * 0.16 - 0.08, foot, 0.5 + side * 0.16 + 0.08, 1.0), legs)
        canvas.fill(canvas.disc(0.5 + side * 0.16, foot, 0.1, height=0.06), [0.12, 0.1, 0.1])
    canvas.fill(canvas.disc(0.5, 0.98, 0.24, height=0.14), legs * 0.8)
    canvas.fill(canvas.disc(0.5, 1.25, 0.26, height=0.32), shirt)
    for side in (-1, 1):
        arm = (np.abs(canvas.x - 0.5 - side * 0.3) < 0.06) & (canvas.y > 1.03) & (canvas.y < 1.42)
        canvas.fill(arm, shirt * 0.8)
    _head(rng, canvas, 1.66, skin)
    canvas.shade(1 + 0.05 * fractal_noise(rng, canvas.x.shape, 0.6))
    return canvas.texture()


def _head(rng: np.random.Generator, canvas: Canvas, height: float, skin: Array) -> None:
    canvas.fill(canvas.disc(0.5, height, 0.115, height=0.145), skin)
    hair = canvas.disc(0.5, height + 0.03, 0.125, height=0.135) & (canvas.y > height + 0.02)
    canvas.fill(hair, pick(rng, [[0.12, 0.09, 0.07], [0.4, 0.26, 0.14], [0.62, 0.5, 0.3]]))
