"""Samples of the functions that make condition maps, of styles, data and video."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from tests.assertions import mask, rand
from tests.contracts.functions import labels
from tests.contracts.sample import Inputs, Sample
from vidgan import conditions as C  # noqa: N812
from vidgan import data, styles, video

DRAWN = {"gradient": "drawn on the CPU", "compile": "drawn on the CPU"}
REAL = {"dtype": "real numbers of any dtype"}
TIME = {"batch": "the frames of one video"}


def points(name: str, number: int, channels: int) -> Inputs:
    """Points (T, N, C) within an image of 32 x 32."""
    return lambda b, h, w: {name: 32 * mask(b, number, channels)}


def drawn(function: Any, name: str, number: int, channels: int, **options: Any) -> Sample:
    return Sample(
        lambda: partial(function, **options),
        points(name, number, channels),
        size=(4, 6),
        unbatched=True,
        skip=DRAWN
        | REAL
        | {
            "bfloat16": "pixels need float32",
            "float64": "maps are float32",
            "sizes": "points have no size",
        },
    )


def picture(*names: str) -> Inputs:
    return lambda b, h, w: {
        name: (255 * mask(b, 3, h, w, seed=i)).to(torch.uint8) for i, name in enumerate(names)
    }


SIZE = {"size": (16, 20)}
CONDITIONS = {
    "color_labels": Sample(
        lambda: C.color_labels,
        lambda b, h, w: {"labels": labels(b, 1, h, w), "palette": C.label_palette(3)},
        skip={"compile": "the range of labels is checked"},
        free={"labels": "any leading axes"},
    ),
    "densepose_maps": Sample(
        lambda: C.densepose_maps,
        lambda b, h, w: {"densepose": labels(b, 3, h, w, classes=24).to(torch.uint8)},
        unbatched=True,
        skip=TIME | {"compile": "the range of parts is checked"},
    ),
    "face_condition_maps": drawn(C.face_condition_maps, "landmarks", 68, 2, **SIZE),
    "face_distance_maps": drawn(C.face_distance_maps, "landmarks", 68, 2, **SIZE),
    "face_edges": drawn(C.face_edges, "landmarks", 68, 2, **SIZE),
    "face_part_ids": drawn(C.face_part_ids, "landmarks", 68, 2, **SIZE),
    "labels_from_colors": Sample(
        lambda: C.labels_from_colors,
        lambda b, h, w: {
            "picture": C.color_labels(labels(b, 1, h, w), C.label_palette(3)),
            "palette": C.label_palette(3),
        },
        skip={"compile": "colors are looked up"},
        free={"picture": "any leading axes"},
    ),
    "mediapipe_to_body25": drawn(C.mediapipe_to_body25, "landmarks", 33, 3),
    "mediapipe_to_face68": drawn(C.mediapipe_to_face68, "landmarks", 468, 3),
    "pose_condition_maps": drawn(C.pose_condition_maps, "keypoints", 137, 3, **SIZE),
    "pose_face_boxes": drawn(C.pose_face_boxes, "keypoints", 137, 3),
    "pose_skeleton": drawn(C.pose_skeleton, "keypoints", 137, 3, **SIZE),
    "replace_classes": Sample(
        lambda: partial(C.replace_classes, replacements={1: 2}),
        lambda b, h, w: {"labels": labels(b, 1, h, w)},
        free={"labels": "of any shape"},
    ),
    "semantic_condition_maps": Sample(
        lambda: partial(C.semantic_condition_maps, num_classes=3),
        lambda b, h, w: {"labels": labels(b, 1, h, w), "instances": labels(b, 1, h, w, seed=1)},
        skip={"compile": "the range of labels is checked", "dtype": "ids of any dtype"},
    ),
    "wholebody133_to_openpose": drawn(C.wholebody133_to_openpose, "points", 133, 3),
}
OTHERS = {
    "styles.majority_classes": Sample(
        lambda: styles.majority_classes,
        lambda b, h, w: {"labels": labels(b, 1, h, w), "instances": labels(b, 1, h, w, seed=1)},
        skip={"compile": "a dictionary", "batch": "a dictionary"},
    ),
    "data.point_units": Sample(
        lambda: partial(data.point_units, size=(32, 32)),
        points("points", 5, 3),
        skip=DRAWN
        | REAL
        | {
            "rank": "its caller reads the points from files",
            "batch": "a guess from all frames",
            "empty": "no frame to guess from",
        },
    ),
    "data.points_to_pixels": Sample(
        lambda: partial(data.points_to_pixels, size=(32, 32), unit="unit"),
        points("points", 5, 3),
        skip=DRAWN | REAL | {"bfloat16": "pixels need float32"},
        free={"points": "any leading axes"},
    ),
    "video.to_float": Sample(
        lambda: video.to_float, picture("frames"), free={"frames": "of any shape"}
    ),
    "video.to_uint8": Sample(
        lambda: video.to_uint8,
        lambda b, h, w: {"frames": rand(b, 3, h, w)},
        free={"frames": "of any shape"},
        skip={"gradient": "integers", "compile": "the range is checked"},
    ),
}
