"""True backward flow between two rendered frames, and where it can be trusted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from examples.synthetic.street.camera import Camera
from examples.synthetic.street.renderer import Hits
from examples.synthetic.street.surfaces import Scene

Floats = NDArray[np.float32]
_EDGE = 0.01  # pixels; neighbors with a smaller weight are ignored


def true_flow(scene: Scene, hits: Hits, camera: Camera, previous: Camera, stride: int) -> Floats:
    """Compute where the point visible at each pixel was ``stride`` frames before.

    Args:
        scene: the street.
        hits: the surfaces visible in the frame, one ray per pixel.
        camera: camera of the frame.
        previous: camera of the earlier frame.
        stride: distance to the earlier frame.

    Returns:
        Backward flow in pixels, x and y, (2, H, W): previous[p + flow[p]] is current[p]. Points
        that were behind the camera have a flow of 9,999 pixels.
    """
    x, y, z = hits.rays
    sky = hits.surface == 0
    depth = np.where(sky, np.float32(1), hits.depth)
    moved = scene.velocity[hits.surface] * np.float32(stride)
    ahead = ~sky  # the sky is infinitely far away: only rotation moves it
    right = depth * x + (np.float32(camera.x - previous.x) - moved[..., 0]) * ahead
    up = depth * y[:, None] + np.float32(camera.y - previous.y) * ahead
    along = depth * z + (np.float32(camera.z - previous.z) - moved[..., 1]) * ahead
    column, row, seen = previous.project(right, up, along)
    height, width = camera.size
    flow = np.stack([column - np.arange(width), row - np.arange(height)[:, None]])
    flow = np.where(seen > 0.05, flow, 9999).clip(-9999, 9999)
    return flow.astype(np.float32)


def visibility(flow: Floats, now: NDArray[np.int32], before: NDArray[np.int32]) -> Floats:
    """Compute where a pixel's point is visible in the earlier frame as well.

    Args:
        flow: backward flow, (2, H, W).
        now: the surface that each pixel of the frame shows, (H, W), -1 where it shows several.
        before: the surfaces of the earlier frame, in the same form.

    Returns:
        (H, W), 1 where all pixels that the earlier frame is interpolated from show only the same
        surface, else 0. Surfaces are flat and cannot occlude themselves.
    """
    height, width = now.shape
    x, y = np.arange(width) + flow[0], np.arange(height)[:, None] + flow[1]
    left, top = np.floor(x + _EDGE).astype(np.int64), np.floor(y + _EDGE).astype(np.int64)
    right, bottom = np.ceil(x - _EDGE).astype(np.int64), np.ceil(y - _EDGE).astype(np.int64)
    seen = (left >= 0) & (top >= 0) & (right < width) & (bottom < height) & (now >= 0)
    for rows in (top, bottom):
        for columns in (left, right):
            there = before[rows.clip(0, height - 1), columns.clip(0, width - 1)]
            seen &= there == now
    visible: Floats = seen.astype(np.float32)
    return visible
