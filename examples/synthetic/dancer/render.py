"""Renders the dancer with ground truth: visible parts, flow and occlusions."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from examples.synthetic.dancer.body import Part, dancer_parts
from examples.synthetic.dancer.motion import Dance, Pose
from examples.synthetic.dancer.stage import stage

_CORNER = 0.03  # of a slab, in body heights
_SIDE = 0.95  # sine of the largest viewing angle at which a surface is reliable
_TALL, _BROAD, _FLOOR = 0.78, 0.8, 0.95  # body height over H, over W; the floor's y over H


class View(NamedTuple):
    """Placement of the dancer in the image: pixel = origin + scale * body heights."""

    scale: float
    origin: tuple[float, float]


class Placed(NamedTuple):
    """A part of the body in one frame, in pixels."""

    part: Part
    start: Tensor
    axis: Tensor  # from start to end, not normalized
    turn: float
    scale: float
    depth: float


class DancerFrame(NamedTuple):
    """A rendered frame with its ground truth.

    Attributes:
        frame: (3, H, W), RGB in [0, 1].
        top: int64 (H, W), index of the topmost part; -1 for the background.
        solid: bool (H, W), whether a pixel shows only that part (or only the background).
        parts: the placed parts.
        pose: the pose that was rendered.
    """

    frame: Tensor
    top: Tensor
    solid: Tensor
    parts: tuple[Placed, ...]
    pose: Pose


class Dancer:
    """Renders one dancer on one stage, in any pose.

    Args:
        size: (H, W).
        seed: seed of the dancer's clothes and the stage.
    """

    def __init__(self, size: tuple[int, int], *, seed: int = 0) -> None:
        self.size = size
        scale = min(_TALL * size[0], _BROAD * size[1])
        self.view = View(scale, ((size[1] - 1) / 2, _FLOOR * size[0]))
        self.parts = dancer_parts(seed)
        self.background = stage(size, _FLOOR, seed=seed)

    @property
    def room(self) -> float:
        """Range of the feet to either side, in body heights."""
        return min(max(self.size[1] / (2 * self.view.scale) - 0.45, 0.12), 0.5)

    def dance(self, seed: int) -> Dance:
        """Create a dance that stays inside the image."""
        return Dance(seed, room=self.room)

    def render(self, pose: Pose) -> DancerFrame:
        """Render a pose."""
        placed = tuple(self._placed(part, pose) for part in self.parts)
        frame = self.background.clone()
        top = torch.full(self.size, -1)
        solid = torch.ones(self.size, dtype=torch.bool)
        for index in sorted(range(len(placed)), key=lambda i: placed[i].depth):
            part = placed[index]
            rows, columns = self._box(part)
            y, x = torch.meshgrid(rows, columns, indexing="ij")
            s, a, _, outside = surface(part, torch.stack([x, y], dim=-1).double())
            cover = (0.5 - outside).clamp(0, 1)
            box = (
                slice(int(rows[0]), int(rows[-1]) + 1),
                slice(int(columns[0]), int(columns[-1]) + 1),
            )
            area = frame[(slice(None), *box)]
            area += (part.part.texture(s, a).permute(2, 0, 1) - area) * cover
            top[box] = torch.where(cover >= 0.5, index, top[box])
            solid[box] = torch.where(cover > 0, cover == 1, solid[box])
        return DancerFrame(frame.float(), top, solid, placed, pose)

    def _placed(self, part: Part, pose: Pose) -> Placed:
        origin = torch.tensor(self.view.origin, dtype=torch.float64)
        start, end = (origin + self.view.scale * pose.joints[j] for j in (part.start, part.end))
        turn = {"body": pose.body_turn, "head": pose.head_turn, "none": 0.0}[part.turns]
        if float(end[1] - start[1]) > 0:
            turn = -turn  # a bone that points down turns the other way when seen from above
        depth = (pose.depths[part.start] + pose.depths[part.end]) / 2 + part.nearer
        return Placed(part, start, end - start, turn, self.view.scale, depth)

    def _box(self, placed: Placed) -> tuple[Tensor, Tensor]:
        """Compute the rows and columns that the part may cover, at least one each."""
        reach = max(placed.part.radii) * placed.scale + 2
        end = placed.start + placed.axis
        low = torch.minimum(placed.start, end) - reach
        high = torch.maximum(placed.start, end) + reach
        ranges = []
        for axis, length in ((1, self.size[0]), (0, self.size[1])):
            first = min(max(math.floor(float(low[axis])), 0), length - 1)
            last = min(max(math.ceil(float(high[axis])), first), length - 1)
            ranges.append(torch.arange(first, last + 1))
        return ranges[0], ranges[1]


def surface(placed: Placed, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Find the points of a part's surface that are visible at pixels (..., 2).

    Returns:
        s and a of each point, the sine of its viewing angle, and the distance of the pixel outside
        the part's outline, in pixels.
    """
    part, scale = placed.part, placed.scale
    length = torch.linalg.vector_norm(placed.axis)
    along = placed.axis / length
    across = torch.stack([-along[1], along[0]])
    away = pixels - placed.start
    u, v = (away @ along) / length, away @ across
    half = half_width(placed, u)
    if part.shape == "capsule":
        beyond = (u - u.clamp(0, 1)) * length
        outside = torch.sqrt(beyond**2 + v**2) - half
    elif part.shape == "slab":
        corner = _CORNER * scale
        x, y = v.abs() - half + corner, ((u - 0.5).abs() - 0.5) * length + corner
        outside = torch.sqrt(x.clamp(min=0) ** 2 + y.clamp(min=0) ** 2) - corner
        outside = outside + torch.maximum(x, y).clamp(max=0)
    else:
        radius = part.radii[0] * scale
        outside = (torch.sqrt((2 * u - 1) ** 2 + (v / radius) ** 2) - 1) * radius
    sine = (v / half.clamp(min=1e-3)).clamp(-1, 1)
    return u * part.length, torch.arcsin(sine) - placed.turn, sine, outside


def half_width(placed: Placed, u: Tensor) -> Tensor:
    """Compute half the width of a part in pixels, at fractions u of its bone."""
    first, last = (radius * placed.scale for radius in placed.part.radii)
    if placed.part.shape == "ellipse":
        return first * torch.sqrt((1 - (2 * u - 1) ** 2).clamp(min=0))
    return first + (last - first) * u.clamp(0, 1)


def project(placed: Placed, s: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
    """Project points of a part's surface: pixels (..., 2), and whether they are visible."""
    u, angle = s / placed.part.length, a + placed.turn
    length = torch.linalg.vector_norm(placed.axis)
    across = torch.stack([-placed.axis[1], placed.axis[0]]) / length
    v = half_width(placed, u) * torch.sin(angle)
    pixels = placed.start + u[..., None] * placed.axis + v[..., None] * across
    return pixels, torch.cos(angle) > 0


def true_flow(now: DancerFrame, before: DancerFrame) -> tuple[Tensor, Tensor]:
    """Compute the flow from one frame back to an earlier one, and its confidence.

    Returns:
        Backward flow in pixels, (2, H, W), and confidence (1, H, W): 1 where a pixel shows only one
        part, and the earlier frame shows the same point of it and its neighbors.
    """
    height, width = now.top.shape
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    position = torch.stack([x, y], dim=-1).double()
    source, seen = position.clone(), torch.ones_like(now.solid)
    for index, part in enumerate(now.parts):
        here = now.top == index
        if bool(here.any()):
            s, a, sine, _ = surface(part, position[here])
            pixels, _ = project(before.parts[index], s, a)
            earlier = torch.sin(a + before.parts[index].turn)
            turned = (a + before.parts[index].turn).abs() < math.pi / 2
            source[here] = pixels
            seen[here] = turned & (sine.abs() < _SIDE) & (earlier.abs() < _SIDE)
    limit = torch.tensor([width - 1, height - 1])
    seen &= ((source >= 0) & (source <= limit)).all(-1) & now.solid
    for corner in (torch.floor(source), torch.ceil(source)):
        for other in (torch.floor(source), torch.ceil(source)):
            column = corner[..., 0].clamp(0, width - 1).long()
            row = other[..., 1].clamp(0, height - 1).long()
            seen &= (before.top[row, column] == now.top) & before.solid[row, column]
    return (source - position).permute(2, 0, 1).float(), seen[None].float()
