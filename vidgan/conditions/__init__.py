"""Annotation -> condition maps: what a generator is given to draw from."""

from vidgan.conditions.cityscapes import (
    CITYSCAPES_COLOURS,
    CITYSCAPES_FOREGROUND,
    CITYSCAPES_NAMES,
    CITYSCAPES_TRAIN_IDS,
)
from vidgan.conditions.face import (
    face_condition_maps,
    face_distance_maps,
    face_edges,
    face_part_ids,
)
from vidgan.conditions.face_layout import FACE_EDGE_LISTS, FACE_PARTS, NUM_LANDMARKS
from vidgan.conditions.label_colours import colour_labels, label_palette, labels_of_colours
from vidgan.conditions.semantic import replace_classes, semantic_condition_maps

__all__ = [
    "CITYSCAPES_COLOURS",
    "CITYSCAPES_FOREGROUND",
    "CITYSCAPES_NAMES",
    "CITYSCAPES_TRAIN_IDS",
    "FACE_EDGE_LISTS",
    "FACE_PARTS",
    "NUM_LANDMARKS",
    "colour_labels",
    "face_condition_maps",
    "face_distance_maps",
    "face_edges",
    "face_part_ids",
    "label_palette",
    "labels_of_colours",
    "replace_classes",
    "semantic_condition_maps",
]
