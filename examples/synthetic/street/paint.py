"""Tools to paint textures: noise, and a canvas in meters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Color = Sequence[float]


class Canvas:
    """A texture that is painted by filling areas; the first row is the lowest.

    Attributes:
        x, y: position of each texel in meters, (h, w), from 0 to the extent.
        rgb: (h, w, 3) in [0, 1].
        alpha: (h, w), 1 = opaque.

    Args:
        shape: (h, w) in texels, powers of two.
        extent: (width, height) in meters.
        color: initial color; None begins transparent.
    """

    def __init__(
        self, shape: tuple[int, int], extent: tuple[float, float], color: Color | None = None
    ) -> None:
        height, width = shape
        columns = (np.arange(width) + 0.5) * extent[0] / width
        rows = (np.arange(height) + 0.5) * extent[1] / height
        self.x, self.y = np.meshgrid(columns, rows)
        self.rgb = np.zeros((*shape, 3)) + (np.array(color) if color is not None else 0.5)
        self.alpha = np.full(shape, 0.0 if color is None else 1.0)

    def fill(self, area: Mask, color: Color | Array) -> None:
        """Paint an area opaque, in one color or in one color per texel, (h, w, 3)."""
        colors = np.broadcast_to(np.asarray(color, dtype=np.float64), self.rgb.shape)
        self.rgb[area] = colors[area]
        self.alpha[area] = 1

    def box(self, x0: float, y0: float, x1: float, y1: float) -> Mask:
        """Select a rectangle, in meters."""
        return (self.x >= x0) & (self.x < x1) & (self.y >= y0) & (self.y < y1)

    def disc(self, x: float, y: float, radius: float, *, height: float | None = None) -> Mask:
        """Select a disc, or with ``height`` (half of it) an ellipse, in meters."""
        tall = radius if height is None else height
        return ((self.x - x) / radius) ** 2 + ((self.y - y) / tall) ** 2 <= 1

    def shade(self, factor: float | Array) -> None:
        """Multiply the colors by a factor, (h, w) or one number."""
        factor = np.asarray(factor)
        self.rgb *= factor[..., None] if factor.ndim else factor

    def texture(self) -> NDArray[np.uint8]:
        """Return the image as uint8 (h, w, 4)."""
        image = np.concatenate([self.rgb, self.alpha[..., None]], axis=-1)
        return np.rint(image.clip(0, 1) * 255).astype(np.uint8)


def fractal_noise(
    rng: np.random.Generator, shape: tuple[int, int], slope: float, *, coarsest: float = 0.0
) -> Array:
    """Generate seamlessly repeating noise with mean 0 and standard deviation 1.

    Args:
        rng: generator of the noise.
        shape: (h, w).
        slope: amplitude falls with frequency ** -slope: 0 is white, 1 clouds, 2 hills.
        coarsest: minimum number of periods of a wave over the texture.
    """
    rows = np.fft.fftfreq(shape[0]) * shape[0]
    columns = np.fft.rfftfreq(shape[1]) * shape[1]
    frequency = np.hypot(rows[:, None], columns)
    frequency[0, 0] = 1
    gain = frequency**-slope * (frequency >= coarsest)
    gain[0, 0] = 0
    noise: Array = np.fft.irfft2(np.fft.rfft2(rng.standard_normal(shape)) * gain, s=shape)
    return noise / noise.std()


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """Sample a number uniformly."""
    return float(rng.uniform(low, high))


def pick(rng: np.random.Generator, choices: Sequence[Color]) -> Array:
    """Sample one of the colors, and vary it slightly."""
    color = np.asarray(choices[int(rng.integers(len(choices)))], dtype=np.float64)
    return (color + rng.uniform(-0.04, 0.04, 3)).clip(0, 1)
