"""Textures of houses, walls, fences and distant rows of trees and houses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from examples.synthetic.street.paint import Canvas, Mask, between, fractal_noise, pick

Bytes = NDArray[np.uint8]
FACADE = 16.0  # meters that a facade's texture covers, in both directions

_WALLS = (
    [0.72, 0.62, 0.48], [0.78, 0.74, 0.66], [0.6, 0.36, 0.28], [0.5, 0.3, 0.25], [0.68, 0.68, 0.7],
    [0.74, 0.56, 0.44], [0.56, 0.6, 0.62], [0.8, 0.7, 0.5], [0.58, 0.5, 0.46], [0.76, 0.66, 0.62],
)  # fmt: skip
_SIGNS = ([0.65, 0.15, 0.15], [0.15, 0.3, 0.55], [0.12, 0.42, 0.3], [0.75, 0.6, 0.2], [0.3] * 3)


def facade(rng: np.random.Generator, texels: int) -> tuple[Bytes, float]:
    """Paint a house front with windows, and shops or a plinth on the ground floor.

    Returns:
        The texture, and the height of a story in meters.
    """
    side = int(FACADE) * texels
    wall = pick(rng, _WALLS)
    canvas = Canvas((side, side), (FACADE, FACADE), wall)
    bays, stories = int(rng.integers(5, 9)), int(rng.integers(4, 6))
    bay, story = FACADE / bays, FACADE / stories
    column, floor = (canvas.x // bay).astype(int), (canvas.y // story).astype(int)
    x, y = canvas.x % bay, canvas.y % story

    canvas.shade(1 + 0.035 * fractal_noise(rng, canvas.x.shape, 0.3))
    canvas.shade(1 + 0.05 * fractal_noise(rng, canvas.x.shape, 1.3))
    if wall[0] - wall[2] > 0.15 and rng.random() < 0.7:  # brick
        course = (canvas.y // 0.25).astype(int)
        joint = (canvas.y % 0.25 < 0.05) | ((canvas.x + 0.25 * (course % 2)) % 0.5 < 0.05)
        canvas.rgb[joint] = canvas.rgb[joint] * 0.6 + 0.25
    if rng.random() < 0.6:  # a ledge at each story
        canvas.rgb[y < 0.18] *= 1.15
        canvas.rgb[y > story - 0.08] *= 0.75

    wide, tall = between(rng, 0.42, 0.62) * bay, between(rng, 0.46, 0.62) * story
    sill = between(rng, 0.24, 0.3) * story
    opening = (np.abs(x - bay / 2) < wide / 2) & (y > sill) & (y < sill + tall)
    rim = (np.abs(x - bay / 2) < wide / 2 + 0.14) & (y > sill - 0.14) & (y < sill + tall + 0.14)
    upstairs: Mask = floor > 0
    frame = between(rng, 0.75, 0.95) if rng.random() < 0.7 else 0.3
    canvas.fill(rim & upstairs, wall * 0.5 + 0.45 * frame)
    _glass(rng, canvas, opening & upstairs, column * 8 + floor, (y - sill) / tall)
    bars = (np.abs(x - bay / 2) < 0.05) | (np.abs(y - sill - 0.65 * tall) < 0.04)
    canvas.fill(opening & upstairs & bars, [frame] * 3)
    if rng.random() < 0.35:  # balconies
        some = rng.random(64)[column * 8 % 64] < 0.5
        rail = (np.abs(x - bay / 2) < wide / 2 + 0.3) & (y > 0.1) & (y < 0.95) & upstairs & some
        canvas.fill(rail & ((x % 0.16 < 0.06) | (y > 0.85) | (y < 0.22)), [0.22, 0.22, 0.24])

    street = ~upstairs
    if rng.random() < 0.55:  # shops
        canvas.fill(street, wall * 0.55)
        window = street & (np.abs(x - bay / 2) < 0.43 * bay) & (y > 0.35) & (y < 0.68 * story)
        _glass(rng, canvas, window, column + 100, y / story)
        boards = np.array([pick(rng, _SIGNS) for _ in range(bays)])[column % bays]
        canvas.fill(street & (y > 0.74 * story) & (y < 0.92 * story), boards)
    else:
        canvas.fill(street & (y < 0.9), wall * 0.6)
        _glass(rng, canvas, opening & street & (y > 1.0), column + 100, y / story)
    door = street & (column % 3 == 1) & (np.abs(x - bay / 2) < 0.6) & (y < 2.3)
    canvas.fill(door, pick(rng, [[0.35, 0.22, 0.14], [0.16, 0.24, 0.2], [0.2, 0.2, 0.25]]))
    return canvas.texture(), story


def _glass(
    rng: np.random.Generator,
    canvas: Canvas,
    area: Mask,
    number: NDArray[np.int64],
    height: NDArray[np.float64],
) -> None:
    """Fill windows: darker below, each with a different tone, some with curtains."""
    tone = rng.uniform(0.14, 0.42, 256)[number % 256]
    glass = (tone + 0.16 * height)[..., None] * np.array([0.82, 0.95, 1.12])
    curtain = (rng.random(256)[number % 256] < 0.3) & (height > 0.45)
    glass[curtain] = [0.78, 0.75, 0.68]
    canvas.fill(area, glass)


def side_wall(rng: np.random.Generator, texels: int) -> Bytes:
    """Paint a plain plastered wall with a few windows, 8 x 8 meters."""
    tone = pick(rng, [[0.62, 0.56, 0.5], [0.55, 0.42, 0.36], [0.66, 0.65, 0.63]])
    canvas = Canvas((8 * texels, 8 * texels), (8, 8), tone)
    canvas.shade(1 + 0.05 * fractal_noise(rng, canvas.x.shape, 0.5))
    canvas.shade(1 + 0.05 * fractal_noise(rng, canvas.x.shape, 1.5))
    window = (np.abs(canvas.x % 4 - 2) < 0.5) & (np.abs(canvas.y % 4 - 2.4) < 0.7)
    _glass(rng, canvas, window, (canvas.x // 4 + 2 * (canvas.y // 4)).astype(int), canvas.y / 8)
    return canvas.texture()


def roof(rng: np.random.Generator, texels: int) -> Bytes:
    """Paint rows of tiles, 4 x 2 meters."""
    tone = pick(rng, [[0.46, 0.22, 0.17], [0.33, 0.32, 0.35], [0.42, 0.3, 0.24]])
    canvas = Canvas((2 * texels, 4 * texels), (4, 2), tone)
    canvas.shade(1 + 0.08 * fractal_noise(rng, canvas.x.shape, 0.4))
    canvas.shade(0.8 + 0.5 * (canvas.y % 0.4))
    return canvas.texture()


def stone_wall(rng: np.random.Generator, texels: int) -> Bytes:
    """Paint a garden wall of stones, 4 x 2 meters."""
    canvas = Canvas((2 * texels, 4 * texels), (4, 2), pick(rng, [[0.6, 0.57, 0.52]]))
    course = (canvas.y // 0.4).astype(int)
    stone = ((canvas.x + 0.4 * (course % 2)) // 0.8).astype(int) % 5 + 5 * course
    canvas.shade(1 + 0.1 * rng.standard_normal(64)[stone % 64])
    canvas.shade(1 + 0.06 * fractal_noise(rng, canvas.x.shape, 0.6))
    canvas.rgb[(canvas.y % 0.4 < 0.05) | ((canvas.x + 0.4 * (course % 2)) % 0.8 < 0.05)] *= 0.6
    return canvas.texture()


def planks(rng: np.random.Generator, texels: int) -> Bytes:
    """Paint a wooden fence, 4 x 2 meters."""
    canvas = Canvas((2 * texels, 4 * texels), (4, 2), pick(rng, [[0.62, 0.5, 0.36]]))
    canvas.shade(1 + 0.1 * rng.standard_normal(16)[(canvas.x // 0.25).astype(int) % 16])
    grain = fractal_noise(rng, (1, canvas.x.shape[1]), 0.2)
    canvas.shade(1 + 0.05 * grain + 0.05 * fractal_noise(rng, canvas.x.shape, 0.8))
    canvas.rgb[canvas.x % 0.25 < 0.05] *= 0.45
    canvas.rgb[canvas.y > 1.85] *= 1.2
    return canvas.texture()


def skyline(rng: np.random.Generator, texels: int) -> Bytes:
    """Paint distant houses side by side, 64 x 16 meters; transparent above."""
    canvas = Canvas((8 * texels, 32 * texels), (64, 16))
    left = 0.0
    while left < 64:
        right = left + between(rng, 6, 14)
        house = canvas.box(left, 0, right, between(rng, 8, 15))
        tone = pick(rng, _WALLS)
        canvas.fill(house, tone)
        window = (np.abs(canvas.x % 2.5 - 1.2) < 0.6) & (np.abs(canvas.y % 3.2 - 1.7) < 0.8)
        canvas.fill(house & window, [0.3, 0.33, 0.38])
        left = right
    return canvas.texture()
