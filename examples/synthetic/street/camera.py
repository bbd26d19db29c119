"""A pinhole camera facing along the street."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Camera(NamedTuple):
    """Position and intrinsics of the camera in one frame.

    Attributes:
        x, y, z: its position in meters: right, up, along the street.
        yaw: its rotation to the right, in radians.
        horizon: the image row of the horizon.
        focal: focal length in pixels.
        size: (H, W) of the image.
    """

    x: float
    y: float
    z: float
    yaw: float
    horizon: float
    focal: float
    size: tuple[int, int]

    def directions(self, samples: int) -> tuple[Floats, Floats, Floats]:
        """Compute the ray directions of ``samples`` x ``samples`` points per pixel.

        A direction has length 1 along the optical axis, so that a multiple of it is a depth.

        Returns:
            x of each column, y of each row, and z of each column.
        """
        height, width = self.size
        columns = (np.arange(width * samples) + 0.5) / samples - 0.5
        rows = (np.arange(height * samples) + 0.5) / samples - 0.5
        across = (columns - (width - 1) / 2) / self.focal
        x = across * np.cos(self.yaw) + np.sin(self.yaw)
        z = np.cos(self.yaw) - across * np.sin(self.yaw)
        y = (self.horizon - rows) / self.focal
        return x.astype(np.float32), y.astype(np.float32), z.astype(np.float32)

    def project(self, x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats, Floats]:
        """Project points given relative to the camera: column, row and depth."""
        sine, cosine = float(np.sin(self.yaw)), float(np.cos(self.yaw))
        depth = x * sine + z * cosine
        with np.errstate(divide="ignore", invalid="ignore"):
            share = self.focal / depth
            column = (x * cosine - z * sine) * share + (self.size[1] - 1) / 2
            row = self.horizon - y * share
        return column, row, depth
