"""A drive through a random street: frames, labels, instances and true flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from examples.synthetic.street.builder import CLASSES
from examples.synthetic.street.camera import Camera
from examples.synthetic.street.motion import true_flow, visibility
from examples.synthetic.street.renderer import Hits, cast, centers
from examples.synthetic.street.scene import build_street
from examples.synthetic.street.shading import colors

Integers = NDArray[np.int32]
FPS = 17.0
_FOCAL = 0.9  # as a fraction of the image's longer side


class StreetFrame(NamedTuple):
    """One rendered frame.

    Attributes:
        frame: uint8 (3, H, W), RGB.
        labels: class ids, int64 (1, H, W); indices into `CLASSES`.
        instances: class id * 1000 + number for people, riders and cars, else the class id,
            int64 (1, H, W).
    """

    frame: Tensor
    labels: Tensor
    instances: Tensor


class StreetDrive:
    """Renders a drive through a random street; the same arguments give the same video.

    Args:
        size: (H, W), at least 32 each.
        num_frames: length of the drive.
        seed: seed of the street and the drive; one number or several.

    Raises:
        ValueError: an argument is too small.
    """

    num_classes = len(CLASSES)

    def __init__(
        self, size: tuple[int, int], num_frames: int, seed: int | Sequence[int] = 0
    ) -> None:
        if min(size) < 32:
            raise ValueError(f"StreetDrive: size must be (H, W) of at least 32 each, got {size}")
        if num_frames < 1:
            raise ValueError(f"StreetDrive: num_frames must be at least 1, got {num_frames}")
        self.size = (int(size[0]), int(size[1]))
        self.num_frames = num_frames
        rng = np.random.default_rng(seed)
        speed = float(rng.uniform(0.35, 0.65))
        focal = _FOCAL * max(size[1], size[0])
        texels = 2 ** int(np.clip(round(np.log2(focal / 8)), 2, 6))
        self.scene, ground = build_street(rng, drive=speed * num_frames, speed=speed, texels=texels)
        self.cameras = _drive(rng, num_frames, speed, ground.lane, focal, self.size)
        self._hits: dict[int, Hits] = {}
        self._pure: dict[int, Integers] = {}

    def render(self, time: int) -> StreetFrame:
        """Render a frame."""
        fine, hits = self._cast_rays(time)
        image = colors(self.scene, self.cameras[time], time, fine)
        image = sum(image[i::2, j::2] for i in (0, 1) for j in (0, 1)) / 4
        return StreetFrame(
            torch.from_numpy(np.rint(image).clip(0, 255).astype(np.uint8).transpose(2, 0, 1)),
            torch.from_numpy(self.scene.label[hits.surface])[None],
            torch.from_numpy(self.scene.instance[hits.surface])[None],
        )

    def flow(self, time: int, stride: int = 1) -> tuple[Tensor, Tensor]:
        """Compute the true backward flow from a frame to the one ``stride`` frames before.

        Returns:
            Flow in pixels, float32 (2, H, W), and confidence (1, H, W): 1 where the earlier frame
            shows the same point and neither pixel shows another surface as well, else 0.
        """
        for needed in (time, time - stride):
            if needed not in self._hits:
                self._cast_rays(needed)
        camera, previous = self.cameras[time], self.cameras[time - stride]
        flow = true_flow(self.scene, self._hits[time], camera, previous, stride)
        confidence = visibility(flow, self._pure[time], self._pure[time - stride])
        return torch.from_numpy(flow), torch.from_numpy(confidence)[None]

    def forget(self, time: int) -> None:
        """Free the data cached for the flow of frame ``time``."""
        self._hits.pop(time, None)
        self._pure.pop(time, None)

    def _cast_rays(self, time: int) -> tuple[Hits, Hits]:
        """Cast four rays per pixel; cache one per pixel, and where all four agree, for the flow."""
        camera = self.cameras[time]
        fine = cast(self.scene, camera, time, samples=2)
        hits = centers(self.scene, camera, time, fine)
        self._hits[time] = hits
        self._pure[time] = _single(hits.surface, fine.surface)
        return fine, hits


def _single(center: Integers, fine: Integers) -> Integers:
    """Return the surface of each pixel whose four samples agree with it, else -1."""
    same = np.ones(center.shape, bool)
    for i in (0, 1):
        for j in (0, 1):
            same &= fine[i::2, j::2] == center
    return np.where(same, center.astype(np.int32), -1)


def _drive(
    rng: np.random.Generator,
    num_frames: int,
    speed: float,
    lane: float,
    focal: float,
    size: tuple[int, int],
) -> list[Camera]:
    """Sample the camera path: along the lane, with slight swerving and vibration."""
    time = np.arange(num_frames)
    phases = rng.uniform(0, 2 * np.pi, 4)
    swing, period = rng.uniform(0.15, 0.35), rng.uniform(70, 140)
    angle = 2 * np.pi * time / period + phases[0]
    x = lane + swing * np.sin(angle)
    heading = np.arctan(swing * 2 * np.pi / period * np.cos(angle) / speed)
    yaw = heading + np.deg2rad(0.5) * np.sin(2 * np.pi * time / 37 + phases[1])
    y = rng.uniform(1.35, 1.7) + 0.012 * np.sin(2 * np.pi * time / 7 + phases[2])
    z = speed * time * (1 + 0.1 * np.sin(2 * np.pi * time / 150 + phases[3]))
    level = 0.46 * (size[0] - 1) + 0.002 * size[0] * np.sin(2 * np.pi * time / 11 + phases[2])
    return [
        Camera(*map(float, position), focal=focal, size=size)
        for position in zip(x, y, z, yaw, level, strict=True)
    ]
