"""Slow loops that say the same as the library's functions, element by element."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor


def _bilinear(image: Tensor, x: float, y: float, *, zeros_outside: bool) -> Tensor:
    """The value of image (C, H, W) at (x, y), as a weighted sum of the four pixels around."""
    height, width = image.shape[-2:]
    if not zeros_outside:
        x, y = min(max(x, 0.0), width - 1.0), min(max(y, 0.0), height - 1.0)
    left, top = math.floor(x), math.floor(y)
    value = torch.zeros_like(image[:, 0, 0])
    for column in (left, left + 1):
        for row in (top, top + 1):
            weight = (1 - abs(x - column)) * (1 - abs(y - row))
            if 0 <= column < width and 0 <= row < height:
                value = value + weight * image[:, row, column]
    return value


def warp_loop(image: Tensor, flow: Tensor, *, padding_mode: str = "border") -> Tensor:
    """``warped[p] = image[p + flow[p]]``."""
    warped = torch.empty_like(image)
    for b in range(image.shape[0]):
        for row in range(image.shape[2]):
            for column in range(image.shape[3]):
                x = column + float(flow[b, 0, row, column])
                y = row + float(flow[b, 1, row, column])
                warped[b, :, row, column] = _bilinear(
                    image[b], x, y, zeros_outside=padding_mode == "zeros"
                )
    return warped


def resize_flow_loop(flow: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear resize with pixel centers at the corners, each axis scaled by its own factor."""
    (old_height, old_width), (height, width) = flow.shape[-2:], size
    scale_x = (width - 1) / (old_width - 1) if width != old_width else 1.0
    scale_y = (height - 1) / (old_height - 1) if height != old_height else 1.0
    resized = flow.new_empty((flow.shape[0], 2, height, width))
    for b in range(flow.shape[0]):
        for row in range(height):
            for column in range(width):
                x = column * (old_width - 1) / (width - 1) if width > 1 else 0.0
                y = row * (old_height - 1) / (height - 1) if height > 1 else 0.0
                u, v = _bilinear(flow[b], x, y, zeros_outside=False)
                resized[b, 0, row, column] = u * scale_x
                resized[b, 1, row, column] = v * scale_y
    return resized


def forward_backward_loop(
    forward: Tensor, backward: Tensor, *, alpha: float = 0.01, beta: float = 0.5
) -> Tensor:
    """Follow each vector there and back, and see whether it returns."""
    batch, _, height, width = forward.shape
    confidence = forward.new_zeros((batch, 1, height, width))
    for b in range(batch):
        for row in range(height):
            for column in range(width):
                u, v = (float(value) for value in forward[b, :, row, column])
                x, y = column + u, row + v
                if not (0 <= x <= width - 1 and 0 <= y <= height - 1):
                    continue
                back_u, back_v = (
                    float(value) for value in _bilinear(backward[b], x, y, zeros_outside=False)
                )
                gap = (u + back_u) ** 2 + (v + back_v) ** 2
                lengths = u**2 + v**2 + back_u**2 + back_v**2
                confidence[b, 0, row, column] = float(gap < alpha * lengths + beta)
    return confidence


def pyramid_level_loop(images: Tensor) -> Tensor:
    """One level down: the mean of the pixels that exist around every second pixel."""
    batch, channels, height, width = images.shape
    level = images.new_empty((batch, channels, (height + 1) // 2, (width + 1) // 2))
    for row in range(level.shape[2]):
        for column in range(level.shape[3]):
            rows = [r for r in range(2 * row - 1, 2 * row + 2) if 0 <= r < height]
            columns = [c for c in range(2 * column - 1, 2 * column + 2) if 0 <= c < width]
            pixels = [images[:, :, r, c] for r in rows for c in columns]
            level[:, :, row, column] = sum(pixels) / len(pixels)
    return level


def temporal_groups_loop(
    num_available: int, *, chunk_length: int, num_frames: int, rate: int
) -> list[tuple[int, ...]]:
    """Walk from the newest frame back through the chunk, ``num_frames`` frames at a time."""
    stride = 1
    for _ in range(rate):
        stride *= num_frames
    groups = []
    end = num_available - 1
    while end > num_available - 1 - chunk_length:
        group = [end]
        while len(group) < num_frames:
            group.insert(0, group[0] - stride)
        if group[0] >= 0:
            groups.append(tuple(group))
        end -= num_frames
    return groups


def one_hot_loop(labels: Tensor, num_classes: int, *, ignore_id: int | None = None) -> Tensor:
    """A 1 at each pixel's class; nothing at pixels to ignore."""
    batch, _, height, width = labels.shape
    maps = torch.zeros(batch, num_classes, height, width)
    for b in range(batch):
        for row in range(height):
            for column in range(width):
                label = int(labels[b, 0, row, column])
                if label != ignore_id:
                    maps[b, label, row, column] = 1
    return maps


def instance_edges_loop(instances: Tensor) -> Tensor:
    """1 where one of the four neighbors that exist is another instance."""
    batch, _, height, width = instances.shape
    edges = torch.zeros(instances.shape)
    for b in range(batch):
        for row in range(height):
            for column in range(width):
                for r, c in (
                    (row, column - 1),
                    (row, column + 1),
                    (row - 1, column),
                    (row + 1, column),
                ):
                    inside = 0 <= r < height and 0 <= c < width
                    if inside and instances[b, 0, r, c] != instances[b, 0, row, column]:
                        edges[b, 0, row, column] = 1
    return edges


def _softplus(value: float) -> float:
    return math.log1p(math.exp(value))


REAL_TERMS: dict[str, Callable[[float], float]] = {
    "lsgan": lambda r: (r - 1) ** 2,
    "hinge": lambda r: max(0.0, 1 - r),
    "non_saturating": lambda r: -math.log(1 / (1 + math.exp(-r))),
    "wasserstein": lambda r: -r,
}
REAL_TERMS |= {"half_hinge": REAL_TERMS["hinge"], "logistic_linear": REAL_TERMS["non_saturating"]}
FAKE_TERMS: dict[str, Callable[[float], float]] = {
    "lsgan": lambda f: f**2,
    "hinge": lambda f: max(0.0, 1 + f),
    "non_saturating": lambda f: -math.log(1 - 1 / (1 + math.exp(-f))),
    "wasserstein": lambda f: f,
}
FAKE_TERMS |= {"half_hinge": FAKE_TERMS["hinge"], "logistic_linear": FAKE_TERMS["non_saturating"]}
GENERATOR_TERMS: dict[str, Callable[[float], float]] = {
    "lsgan": lambda f: (f - 1) ** 2,
    "hinge": lambda f: -f,
    "half_hinge": lambda f: -f,
    "non_saturating": lambda f: -math.log(1 / (1 + math.exp(-f))),
    "logistic_linear": lambda f: -f,
    "wasserstein": lambda f: -f,
}


def mean_term(logits: Tensor, term: Callable[[float], float]) -> float:
    """The average of ``term`` over logits."""
    values = [term(float(value)) for value in logits.flatten()]
    return sum(values) / len(values)


def relativistic_loop(winner: Tensor, loser: Tensor) -> float:
    """The average of softplus(loser - winner) over pairs."""
    pairs = zip(winner.flatten(), loser.flatten(), strict=True)
    values = [_softplus(float(low) - float(high)) for high, low in pairs]
    return sum(values) / len(values)


def masked_l1_loop(input: Tensor, target: Tensor, mask: Tensor) -> float:  # noqa: A002
    """The average over all elements, masked ones too, of the masked distance."""
    total = 0.0
    for index in torch.cartesian_prod(*(torch.arange(size) for size in input.shape)).tolist():
        b, c, row, column = index
        weight = float(mask[b, 0, row, column])
        total += abs(float(input[b, c, row, column]) - float(target[b, c, row, column])) * weight
    return total / input.numel()


def instance_features_loop(
    features: Tensor, instances: Tensor
) -> list[tuple[int, int, int, list[float]]]:
    """Sample, id, pixel count and means of every instance, summed up pixel by pixel."""
    rows = []
    for b in range(features.shape[0]):
        sums: dict[int, list[float]] = {}
        counts: dict[int, int] = {}
        for row in range(features.shape[2]):
            for column in range(features.shape[3]):
                instance = int(instances[b, 0, row, column])
                pixel = [float(value) for value in features[b, :, row, column]]
                before = sums.get(instance, [0.0] * len(pixel))
                sums[instance] = [old + new for old, new in zip(before, pixel, strict=True)]
                counts[instance] = counts.get(instance, 0) + 1
        for instance in sorted(sums):
            count = counts[instance]
            rows.append((b, instance, count, [total / count for total in sums[instance]]))
    return rows


def instance_mean_loop(features: Tensor, instances: Tensor) -> Tensor:
    """Every pixel takes the means of its instance."""
    pooled = torch.empty_like(features)
    for b, instance, _, means in instance_features_loop(features, instances):
        for row in range(features.shape[2]):
            for column in range(features.shape[3]):
                if int(instances[b, 0, row, column]) == instance:
                    pooled[b, :, row, column] = torch.tensor(means, dtype=torch.float64)
    return pooled
