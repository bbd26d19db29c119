"""Annotation -> condition maps: what a generator is given to draw from."""

from vidgan.conditions.face import (
    face_condition_maps,
    face_distance_maps,
    face_edges,
    face_part_ids,
)
from vidgan.conditions.face_layout import FACE_EDGE_LISTS, FACE_PARTS, NUM_LANDMARKS

__all__ = [
    "FACE_EDGE_LISTS",
    "FACE_PARTS",
    "NUM_LANDMARKS",
    "face_condition_maps",
    "face_distance_maps",
    "face_edges",
    "face_part_ids",
]
