"""Drawing of condition maps, on the CPU."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from tests.benchmarks.measuring import Bench, Call
from tests.benchmarks.street import CLASSES
from vidgan.conditions import (
    color_labels,
    densepose_maps,
    face_condition_maps,
    face_part_ids,
    label_palette,
    labels_from_colors,
    pose_condition_maps,
    semantic_condition_maps,
)
from vidgan.functional import instance_edges


def face(size: int) -> Tensor:
    """Return 68 points on 10 ellipses where a frontal face has its parts, (68, 2) in pixels."""
    # first point, number of points, center x and y, radii, first and last angle in half turns
    parts = [
        *((0, 17, 0.5, 0.45, 0.38, 0.45, 1.0, 0.0), (17, 5, 0.33, 0.38, 0.1, 0.04, -1.0, 0.0)),
        *((22, 5, 0.67, 0.38, 0.1, 0.04, -1.0, 0.0), (27, 4, 0.5, 0.5, 0.01, 0.1, -0.5, 0.5)),
        *((31, 5, 0.5, 0.6, 0.07, 0.02, 1.0, 0.0), (36, 6, 0.34, 0.45, 0.06, 0.03, -1.0, 0.67)),
        *((42, 6, 0.66, 0.45, 0.06, 0.03, -1.0, 0.67), (48, 12, 0.5, 0.75, 0.13, 0.06, -1.0, 0.83)),
        (60, 8, 0.5, 0.75, 0.1, 0.03, -1.0, 0.75),
    ]
    points = torch.empty(68, 2)
    for first, count, x, y, radius_x, radius_y, begin, end in parts:
        angle = torch.linspace(begin * math.pi, end * math.pi, count)
        points[first : first + count, 0] = x + radius_x * angle.cos()
        points[first : first + count, 1] = y + radius_y * angle.sin()
    return points * size


def person(size: int) -> torch.Tensor:
    """Return 137 keypoints of a person of 0.6 of the size, upright, hands and face complete."""
    points = torch.zeros(137, 3)
    body = """
    0 -.34 0 -.27 -.07 -.26 -.11 -.13 -.12 -.01 .07 -.26 .11 -.13 .12 -.01 0 0 -.04 0 -.05 .15
    -.05 .28 .04 0 .05 .15 .05 .28 -.01 -.36 .01 -.36 -.03 -.35 .03 -.35 .08 .3 .07 .3 .05 .29
    -.08 .3 -.07 .3 -.05 .29
    """
    points[:25, :2] = torch.tensor([float(each) for each in body.split()]).view(25, 2)
    angle = torch.arange(70) * (2 * math.pi / 70)
    points[25:95, 0] = 0.02 * (5 * angle).cos()
    points[25:95, 1] = -0.34 + 0.025 * (3 * angle).sin()
    for first, wrist in ((95, 7), (116, 4)):
        finger, joint = torch.arange(20) // 4, torch.arange(20) % 4 + 1
        points[first, :2] = points[wrist, :2]
        points[first + 1 : first + 21, 0] = points[wrist, 0] + 0.006 * joint * (finger - 2)
        points[first + 1 : first + 21, 1] = points[wrist, 1] + 0.012 * joint
    points[:, :2] = points[:, :2] * size * 0.9 + size / 2
    points[:, 2] = 0.9
    return points


def compared_maps(labels: Tensor) -> Tensor:
    """Compare the ids with every class, then append the edges."""
    hot = (labels.long() == torch.arange(CLASSES).view(-1, 1, 1)).float()
    return torch.cat([hot, instance_edges(labels)], -3)


def run(bench: Bench) -> None:
    """Time one frame of each kind; a frame of 512x512 for points, 1024x512 for label maps."""
    side = bench.size(512, 32)
    points, keypoints, size = face(side), person(side)[None], (side, side)

    floats, drawn = torch.empty(15, side, side), torch.empty(15, side, side, dtype=torch.uint8)

    rng = torch.Generator().manual_seed(0)
    labels = torch.randint(CLASSES, (1, 1, side // 8, side // 4), generator=rng)
    labels = labels.repeat_interleave(8, -2).repeat_interleave(8, -1)
    palette = label_palette(CLASSES)
    picture = color_labels(labels, palette)
    densepose = torch.randint(24, (1, 3, side, side), generator=rng).to(torch.uint8)
    calls: dict[str, Call] = {
        "face: edges and distances, float32": lambda: face_condition_maps(points, size),
        "the same, with out=": lambda: face_condition_maps(points, size, out=floats),
        "the same, uint8": lambda: face_condition_maps(points, size, dtype=torch.uint8),
        "the same, uint8, with out=": lambda: face_condition_maps(points, size, out=drawn),
        "the same, uint8, and part ids": lambda: (
            face_condition_maps(points, size, out=drawn),
            face_part_ids(points, size),
        ),
        "the same of 1/4 of the size, oversampling=4": lambda: face_condition_maps(
            points / 4, (side // 4, side // 4), oversampling=4
        ),
        "pose: body, face and hands": lambda: pose_condition_maps(keypoints, size),
        "densepose": lambda: densepose_maps(densepose),
        "labels from colors": lambda: labels_from_colors(picture, palette),
    }
    for what, call in calls.items():
        rows = bench.compare(what, {"vidgan": call}, repeats=51, baseline=False, flop=False)
        rows[0]["note"] = f"{1000 / rows[0]['ms']:.0f} per second"

    def maps(**options: Any) -> Call:
        return lambda: semantic_condition_maps(labels, CLASSES, instances=labels, **options)

    expected = compared_maps(labels)
    both: dict[str, Call] = {"baseline": lambda: compared_maps(labels)}
    for dtype in (torch.float32, torch.bfloat16, torch.bool):
        out = torch.empty_like(expected, dtype=dtype)
        name = str(dtype).removeprefix("torch.")
        both |= {name: maps(dtype=dtype), f"{name}, with out=": maps(out=out)}
    for call in both.values():
        torch.testing.assert_close(call(), expected, rtol=0, atol=0, check_dtype=False)
    rows = bench.compare("labels: 35 one-hot maps and edges", both, repeats=31, flop=False)
    for row in rows[1:]:
        row["note"] = f"{1000 / row['ms']:.0f} per second"
