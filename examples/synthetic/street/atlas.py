"""All textures of a scene in one array, each with its mipmaps for distant surfaces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Integers = NDArray[np.int32]

_LEVELS = 11


class Atlas:
    """RGBA textures whose sides are powers of two; the first row is the lowest.

    A texture repeats beyond its borders.
    """

    def __init__(self) -> None:
        self._parts: list[Bytes] = []
        self._total = 0
        self._offsets: list[list[int]] = []
        self._sides: list[tuple[int, int]] = []

    def add(self, image: Bytes) -> int:
        """Add a texture, uint8 (h, w, 4), and its copies at 1/2, 1/4, ... of the size.

        Returns:
            The number of the texture.
        """
        offsets = []
        self._sides.append((image.shape[0], image.shape[1]))
        level = image
        while True:
            offsets.append(self._total)
            self._parts.append(level.reshape(-1, 4))
            self._total += level.shape[0] * level.shape[1]
            if min(level.shape[:2]) == 1 or len(offsets) == _LEVELS:
                break
            level = _halve(level)
        self._offsets.append(offsets)
        return len(self._sides) - 1

    def size(self, number: int) -> tuple[int, int]:
        """Return (h, w) of a texture in texels."""
        return self._sides[number]

    def close(self) -> None:
        """Build the lookup tables after all textures were added."""
        self._texels = np.concatenate(self._parts)
        self._codes = self._texels.view(np.uint32)[:, 0]  # one lookup for four channels
        self._last_level = np.array([len(offsets) - 1 for offsets in self._offsets], np.int32)
        self._offset = np.zeros((len(self._offsets), _LEVELS), np.int32)
        for row, offsets in zip(self._offset, self._offsets, strict=True):
            row[: len(offsets)] = offsets
        self._height, self._width = np.array(self._sides, np.int32).T.copy()

    def colors(self, number: Integers, x: Floats, y: Floats, level: Floats) -> Floats:
        """Sample colors by interpolating the texels of the nearest level.

        Args:
            number: number of the texture, (N,).
            x: column in texels of the full size, (N,).
            y: row in texels of the full size, (N,).
            level: number of halvings of the texture, (N,); rounded and clamped to the available
                levels.

        Returns:
            (N, 3), in [0, 255].
        """
        near = np.rint(level).astype(np.int32)
        np.clip(near, 0, self._last_level[number], out=near)
        share = np.ldexp(np.float32(1), -near)
        x, y = x * share - np.float32(0.5), y * share - np.float32(0.5)
        left, low = np.floor(x), np.floor(y)
        right_part, high_part = x - left, y - low
        width, height = self._width[number] >> near, self._height[number] >> near
        columns = left.astype(np.int32)
        rows = low.astype(np.int32)
        offset = self._offset[number, near]
        first, second = columns & (width - 1), (columns + 1) & (width - 1)
        lower = offset + (rows & (height - 1)) * width
        upper = offset + ((rows + 1) & (height - 1)) * width
        corners = (
            (lower + first, (1 - right_part) * (1 - high_part)),
            (lower + second, right_part * (1 - high_part)),
            (upper + first, (1 - right_part) * high_part),
            (upper + second, right_part * high_part),
        )
        total = np.zeros((len(x), 3), np.float32)
        for index, weight in corners:
            texels = self._codes[index].view(np.uint8).reshape(-1, 4)[:, :3]
            total += texels * weight[:, None]
        return total

    def opaque(self, number: int, x: Floats, y: Floats, level: int) -> NDArray[np.bool_]:
        """Return where a texture is opaque, at the nearest texel of one level.

        Args:
            number: number of the texture.
            x: column in texels of the full size.
            y: row in texels of the full size, broadcast with ``x``.
            level: number of halvings of the texture.
        """
        level = min(max(level, 0), int(self._last_level[number]))
        width, height = int(self._width[number]) >> level, int(self._height[number]) >> level
        share = np.float32(0.5**level)
        columns = np.floor(x * share).astype(np.int32) & (width - 1)
        rows = np.floor(y * share).astype(np.int32) & (height - 1)
        index = int(self._offset[number, level]) + rows * width + columns
        alpha: NDArray[np.bool_] = self._texels[index, 3] > 127
        return alpha


def _halve(image: Bytes) -> Bytes:
    """Average 2 x 2 texels; transparent ones do not contribute to the color."""
    blocks = [image[i::2, j::2].astype(np.float32) for i in (0, 1) for j in (0, 1)]
    weights = [block[..., 3:] + np.float32(1e-3) for block in blocks]
    weight = sum(weights)
    color = sum(b[..., :3] * w for b, w in zip(blocks, weights, strict=True)) / weight
    return np.rint(np.concatenate([color, weight / 4], axis=-1)).clip(0, 255).astype(np.uint8)
