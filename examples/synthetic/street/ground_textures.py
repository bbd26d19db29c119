"""Textures of the ground and the sky."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from examples.synthetic.street.paint import Canvas, between, fractal_noise, pick

Bytes = NDArray[np.uint8]
MARKING_PERIOD = 9.0  # meters from one dash to the next


def asphalt(rng: np.random.Generator, width: float, texels: int) -> Bytes:
    """Paint a road with a dashed middle line, edge lines, patches and cracks.

    Args:
        rng: generator of the details.
        width: width of the road in meters; the length is `MARKING_PERIOD`.
        texels: texels per meter, approximately.
    """
    canvas = Canvas((8 * texels, 8 * texels), (width, MARKING_PERIOD), [between(rng, 0.3, 0.4)])
    shape = canvas.x.shape
    canvas.shade(1 + 0.05 * fractal_noise(rng, shape, 0.3))
    canvas.shade(1 + 0.06 * fractal_noise(rng, shape, 1.2))
    across = np.cos(2 * np.pi * canvas.x / (width / 2))  # tire tracks
    canvas.shade(1 + 0.04 * across)
    for _ in range(int(rng.integers(1, 4))):
        x, y = between(rng, 0.2, width - 2), between(rng, 0, 6)
        patch = canvas.box(x, y, x + between(rng, 0.8, 2), y + between(rng, 1, 3))
        canvas.rgb[patch] *= between(rng, 0.75, 0.9)
    cracks = np.abs(fractal_noise(rng, shape, 1.6, coarsest=2)) < 0.012
    canvas.rgb[cracks] *= 0.7
    x, y = between(rng, 1, width - 1), between(rng, 1, 8)
    canvas.fill(canvas.disc(x, y, 0.35), [0.2, 0.19, 0.19])
    canvas.fill(canvas.disc(x, y, 0.27), [0.27, 0.26, 0.25])
    worn = 0.78 + 0.06 * fractal_noise(rng, shape, 0.6)[..., None]
    white = worn * np.array([1, 1, 0.96])
    canvas.fill(canvas.box(width / 2 - 0.09, 1, width / 2 + 0.09, 4.6), white)
    for edge in (0.25, width - 0.4):
        canvas.fill(canvas.box(edge, 0, edge + 0.15, MARKING_PERIOD), white)
    return canvas.texture()


def zebra(rng: np.random.Generator, width: float, texels: int) -> Bytes:
    """Paint the stripes of a crossing 3 meters long; transparent in between."""
    canvas = Canvas((4 * texels, 8 * texels), (width, 3))
    worn = 0.8 + 0.07 * fractal_noise(rng, canvas.x.shape, 0.5)[..., None]
    canvas.fill((canvas.x - 0.25) % 1.0 < 0.5, worn * np.array([1, 1, 0.97]))
    return canvas.texture()


def paving(rng: np.random.Generator, texels: int) -> Bytes:
    """Paint slabs, 4 x 4 meters."""
    tone = pick(rng, [[0.62, 0.6, 0.57], [0.55, 0.52, 0.5], [0.6, 0.54, 0.5]])
    canvas = Canvas((4 * texels, 4 * texels), (4, 4), tone)
    slab = 1.0 if rng.random() < 0.5 else 0.5
    number = (canvas.x // slab).astype(int) * 31 + (canvas.y // slab).astype(int)
    canvas.shade(1 + 0.05 * rng.standard_normal(1024)[number % 1024])
    canvas.shade(1 + 0.05 * fractal_noise(rng, canvas.x.shape, 0.4))
    canvas.shade(1 + 0.05 * fractal_noise(rng, canvas.x.shape, 1.3))
    joint = (canvas.x % slab < 0.05) | (canvas.y % slab < 0.05)
    canvas.rgb[joint] *= 0.68
    return canvas.texture()


def curb(rng: np.random.Generator, texels: int) -> Bytes:
    """Paint curbstones, 4 meters long and 0.25 high."""
    canvas = Canvas((max(4, texels // 4), 4 * texels), (4, 0.25), [0.66, 0.65, 0.63])
    canvas.shade(1 + 0.07 * fractal_noise(rng, canvas.x.shape, 0.5))
    canvas.rgb[canvas.x % 1 < 0.06] *= 0.6
    return canvas.texture()


def grass(rng: np.random.Generator, texels: int) -> Bytes:
    """Paint a lawn, 8 x 8 meters."""
    canvas = Canvas((8 * texels, 8 * texels), (8, 8), pick(rng, [[0.4, 0.52, 0.25]]))
    canvas.shade(1 + 0.13 * fractal_noise(rng, canvas.x.shape, 0.3))
    patches = fractal_noise(rng, canvas.x.shape, 1.5)
    canvas.rgb += 0.04 * patches[..., None] * np.array([1.2, 0.5, 0.3])
    return canvas.texture()


def shadow(texels: int) -> Bytes:
    """Paint the dark patch under a car."""
    canvas = Canvas((4 * texels, 2 * texels), (2, 4))
    canvas.fill(
        (np.abs(canvas.x - 1) ** 4 + np.abs((canvas.y - 2) / 2) ** 4) <= 0.93, [0.13, 0.13, 0.14]
    )
    return canvas.texture()


def sky(rng: np.random.Generator, zenith: NDArray[np.float64], haze: NDArray[np.float64],
        cover: float) -> Bytes:  # fmt: skip
    """Paint a sky of 360 degrees (columns) from the horizon up to 45 degrees (rows).

    Args:
        rng: generator of the clouds.
        zenith: color at the top.
        haze: color at the horizon.
        cover: cloud cover, about 0 to 1.
    """
    canvas = Canvas((256, 2048), (8, 1), zenith)
    rise = canvas.y[..., None] ** 0.6
    canvas.rgb = haze + (zenith - haze) * rise
    clouds = fractal_noise(rng, (512, 2048), 1.15, coarsest=3)[:256]
    density = (1 / (1 + np.exp(-3 * (clouds + 2.2 * cover - 1.6))))[..., None]
    light = 0.93 + 0.05 * fractal_noise(rng, (256, 2048), 1.2)[..., None]
    canvas.rgb += 0.85 * density * (light * np.array([1, 1, 1.02]) - canvas.rgb) * rise
    return canvas.texture()
