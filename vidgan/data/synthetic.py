"""Small synthetic videos of which everything is known."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vidgan._checks import check_at_least
from vidgan.conditions import color_labels, label_palette
from vidgan.data.clip_dataset import ClipDataset
from vidgan.data.streams import StreamKind, TensorStream
from vidgan.functional import one_hot_labels

_NUM_WAVES = 12
_SHAPES = ("disc", "rectangle", "triangle")


class SyntheticClip(NamedTuple):
    """A rendered clip and the truth about it.

    Attributes:
        frames: (T, 3, H, W), RGB in [-1, 1].
        labels: int64 (T, 1, H, W): 0 background, 1 ground, 2 disc, 3 rectangle, 4 triangle.
        instances: int64 (T, 1, H, W): 0 background and ground, 1, 2, ... the shapes.
        flow: backward flow in pixels, (T, 2, H, W), whole numbers; frame 0 is zero.
        visibility: 1 where the previous frame shows the same point, (T, 1, H, W); frame 0 is 0.

    Example:
        >>> from vidgan.functional import flow_warp
        >>> clip = SyntheticVideo((24, 32)).render(2)
        >>> warped = flow_warp(clip.frames[:1], clip.flow[1:])
        >>> bool((clip.visibility[1:] * (warped - clip.frames[1:])).abs().max() < 1e-4)
        True
    """

    frames: Tensor
    labels: Tensor
    instances: Tensor
    flow: Tensor
    visibility: Tensor


class _Layer(NamedTuple):
    texture: Tensor  # (3, H, W), repeats beyond its borders
    label: int
    radius: int  # 0 for background and ground
    start: tuple[int, int]  # x, y
    velocity: tuple[int, int]


class SyntheticVideo:
    """Renders textured layers that move by whole pixels: a background, a faster ground, shapes.

    The background drifts, the ground in front of it moves faster (parallax), and the shapes bounce
    off the borders and cover each other. As every step is a whole number of pixels,
    ``flow_warp(frames[t-1], flow[t])`` equals ``frames[t]`` wherever ``visibility[t]`` is 1, but
    for rounding. The same arguments give the same video.

    Args:
        size: (H, W), at least 16 each.
        num_shapes: how many shapes; disc, rectangle and triangle in turn.
        max_speed: largest step of a shape along each axis, in pixels per frame.
        seed: of textures, places and steps.

    Raises:
        ValueError: an argument is too small.

    Example:
        >>> clip = SyntheticVideo((24, 32), seed=1).render(4)
        >>> clip.frames.shape, clip.labels.unique()
        (torch.Size([4, 3, 24, 32]), tensor([0, 1, 2, 3, 4]))
    """

    num_labels = 2 + len(_SHAPES)

    def __init__(
        self, size: tuple[int, int], *, num_shapes: int = 3, max_speed: int = 2, seed: int = 0
    ) -> None:
        if min(size) < 16:
            raise ValueError(f"SyntheticVideo: size must be (H, W), each at least 16, got {size!r}")
        check_at_least("SyntheticVideo", 0, num_shapes=num_shapes)
        check_at_least("SyntheticVideo", 1, max_speed=max_speed)
        self.size = (int(size[0]), int(size[1]))
        self._random = torch.Generator().manual_seed(seed)
        background = _Layer(self._texture(), 0, 0, (0, 0), (1, 0))
        ground = _Layer(self._texture(), 1, 0, (0, 0), (1 + max_speed, 0))
        shapes = [self._shape(index, max_speed) for index in range(num_shapes)]
        self._layers = [background, ground, *shapes]  # back to front

    def render(self, num_frames: int) -> SyntheticClip:
        """Render the first ``num_frames`` frames T, with labels and true flow.

        Raises:
            ValueError: ``num_frames`` is below 1.
        """
        check_at_least("SyntheticVideo.render", 1, num_frames=num_frames)
        steps = [self._render_frame(t) for t in range(num_frames)]
        frames, tops = torch.stack([s[0] for s in steps]), torch.stack([s[1] for s in steps])
        flow = torch.zeros(num_frames, 2, *self.size)
        visibility = torch.zeros(num_frames, 1, *self.size)
        for t in range(1, num_frames):
            flow[t] = self._flow(tops[t], t)
            visibility[t] = _same_layer(tops[t], tops[t - 1], flow[t])
        layer_labels = torch.tensor([layer.label for layer in self._layers])
        return SyntheticClip(
            frames,
            layer_labels[tops][:, None],
            (tops - 1).clamp(min=0)[:, None],
            flow,
            visibility,
        )

    def clips(self, num_frames: int, clip_length: int) -> ClipDataset:
        """Render a video and return its clips, with the names of `open_clips`.

        Args:
            num_frames: of the video.
            clip_length: frames per clip, T.

        Returns:
            A `ClipDataset` whose items have ``conditions``, the one-hot labels (T, 5, H, W);
            ``preview``, the labels as RGB in [-1, 1], (T, 3, H, W); and ``frames``, ``flow`` and
            ``confidence``, the visibility, as in `SyntheticClip`.

        Raises:
            ValueError: a number is below 1, or the video is shorter than a clip.

        Example:
            >>> clips = SyntheticVideo((24, 32)).clips(10, 4)
            >>> len(clips), clips[0]["conditions"].shape
            (7, torch.Size([4, 5, 24, 32]))
        """
        video = self.render(num_frames)
        tensors = {
            "conditions": one_hot_labels(video.labels, self.num_labels),
            "preview": color_labels(video.labels, label_palette(self.num_labels)) / 127.5 - 1,
            "frames": video.frames,
            "flow": video.flow,
            "confidence": video.visibility,
        }
        kinds: dict[str, StreamKind] = {"flow": "flow", "confidence": "mask", "conditions": "mask"}
        streams = {
            name: TensorStream(kinds.get(name, "image"), {"synthetic": tensor})
            for name, tensor in tensors.items()
        }
        return ClipDataset(streams, clip_length=clip_length)

    def _uniform(self, low: int, high: int) -> int:
        """Draw a whole number from low to high, both included."""
        return int(torch.randint(low, max(low, high) + 1, (), generator=self._random))

    def _texture(self) -> Tensor:
        """Sum waves whose lengths divide the frame, so that the texture repeats seamlessly."""
        height, width = self.size
        rows = torch.arange(height)[:, None] / height
        columns = torch.arange(width) / width
        texture = torch.zeros(3, height, width)
        for _ in range(_NUM_WAVES):
            across, down = self._uniform(1, width // 6), self._uniform(-height // 6, height // 6)
            phase, color = torch.rand(2, 3, 1, 1, generator=self._random)
            angle = 2 * math.pi * (across * columns + down * rows + phase)
            texture += (color - 0.5) * torch.cos(angle)
        tint = torch.rand(3, 1, 1, generator=self._random) - 0.5
        return (0.5 * texture / texture.abs().max() + 0.9 * tint).clamp(-1, 1)

    def _shape(self, index: int, max_speed: int) -> _Layer:
        height, width = self.size
        radius = self._uniform(min(self.size) // 8, min(self.size) // 5)
        start = (self._uniform(0, 2 * width), self._uniform(0, 2 * height))
        x_step, y_step = self._uniform(1, max_speed), self._uniform(-max_speed, max_speed)
        return _Layer(self._texture(), 2 + index % len(_SHAPES), radius, start, (x_step, y_step))

    def _position(self, layer: _Layer, time: int) -> tuple[int, int]:
        """Compute how far the layer (a shape's center) has moved to the right and down."""
        x, y = (
            start + time * step for start, step in zip(layer.start, layer.velocity, strict=True)
        )
        if layer.radius == 0:
            return x, y
        return (
            _bounce(x, layer.radius, self.size[1] - 1 - layer.radius),
            _bounce(y, layer.radius, self.size[0] - 1 - layer.radius),
        )

    def _render_frame(self, time: int) -> tuple[Tensor, Tensor]:
        """Draw one frame (3, H, W) and the index of the topmost layer (H, W)."""
        frame = torch.zeros(3, *self.size)
        top = torch.zeros(self.size, dtype=torch.long)
        for index, layer in enumerate(self._layers):
            x, y = self._position(layer, time)
            inside = self._inside(layer, x, y)
            frame = torch.where(inside, layer.texture.roll((y, x), (1, 2)), frame)
            top = torch.where(inside, index, top)
        return frame, top

    def _inside(self, layer: _Layer, x: int, y: int) -> Tensor:
        height, width = self.size
        rows = torch.arange(height)[:, None] - y
        columns = torch.arange(width) - x
        shape = ("background", "ground", *_SHAPES)[layer.label]
        if shape == "background":
            return torch.ones(height, width, dtype=torch.bool)
        if shape == "ground":
            hills = height / 16 * torch.cos(2 * math.pi * 2 * columns / width)
            return rows > 0.7 * height + hills
        if shape == "disc":
            return rows**2 + columns**2 <= layer.radius**2
        if shape == "rectangle":
            return (rows.abs() <= layer.radius * 2 // 3) & (columns.abs() <= layer.radius)
        return (rows <= layer.radius) & (2 * columns.abs() <= rows + layer.radius)

    def _flow(self, top: Tensor, time: int) -> Tensor:
        steps = []
        for layer in self._layers:
            (x, y), (x_before, y_before) = (self._position(layer, t) for t in (time, time - 1))
            steps.append([float(x_before - x), float(y_before - y)])
        return torch.tensor(steps)[top].permute(2, 0, 1)


def _bounce(position: int, low: int, high: int) -> int:
    """Reflect a position into low..high, both included."""
    span = max(high - low, 1)
    offset = (position - low) % (2 * span)
    return low + (offset if offset <= span else 2 * span - offset)


def _same_layer(top: Tensor, before: Tensor, flow: Tensor) -> Tensor:
    """Mark where the flow leads to a point inside the previous frame and on the same layer."""
    height, width = top.shape
    x = torch.arange(width) + flow[0].long()
    y = torch.arange(height)[:, None] + flow[1].long()
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    same = before[y.clamp(0, height - 1), x.clamp(0, width - 1)] == top
    return (inside & same)[None].float()
