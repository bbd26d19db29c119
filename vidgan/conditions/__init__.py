"""Annotation -> condition maps: what a generator is given to render from."""

from vidgan.conditions.cityscapes import (
    CITYSCAPES_COLORS,
    CITYSCAPES_FOREGROUND,
    CITYSCAPES_NAMES,
    CITYSCAPES_TRAIN_IDS,
)
from vidgan.conditions.densepose import NUM_DENSEPOSE_PARTS, densepose_maps
from vidgan.conditions.face import (
    face_condition_maps,
    face_distance_maps,
    face_edges,
    face_part_ids,
)
from vidgan.conditions.face_layout import (
    FACE_EDGE_LISTS,
    FACE_PARTS,
    LANDMARK_FLIP,
    NUM_LANDMARKS,
)
from vidgan.conditions.label_colors import color_labels, label_palette, labels_from_colors
from vidgan.conditions.mediapipe import (
    MEDIAPIPE_TO_BODY25,
    MEDIAPIPE_TO_FACE68,
    mediapipe_to_body25,
    mediapipe_to_face68,
)
from vidgan.conditions.openpose import (
    OpenPosePeople,
    read_openpose,
    read_people,
    write_openpose,
)
from vidgan.conditions.people_track import PeopleTrack, track_people
from vidgan.conditions.pose import (
    PosePart,
    pose_condition_maps,
    pose_line_widths,
    pose_skeleton,
)
from vidgan.conditions.pose_boxes import pose_face_boxes
from vidgan.conditions.pose_layout import (
    BODY_LIMBS,
    FACE_LINES,
    FINGERS,
    KEYPOINT_FLIP,
    NUM_KEYPOINTS,
    POSE_STROKES,
    Stroke,
)
from vidgan.conditions.semantic import replace_classes, semantic_condition_maps
from vidgan.conditions.wholebody import WHOLEBODY133_TO_OPENPOSE, wholebody133_to_openpose

__all__ = [
    "BODY_LIMBS",
    "CITYSCAPES_COLORS",
    "CITYSCAPES_FOREGROUND",
    "CITYSCAPES_NAMES",
    "CITYSCAPES_TRAIN_IDS",
    "FACE_EDGE_LISTS",
    "FACE_LINES",
    "FACE_PARTS",
    "FINGERS",
    "KEYPOINT_FLIP",
    "LANDMARK_FLIP",
    "MEDIAPIPE_TO_BODY25",
    "MEDIAPIPE_TO_FACE68",
    "NUM_DENSEPOSE_PARTS",
    "NUM_KEYPOINTS",
    "NUM_LANDMARKS",
    "POSE_STROKES",
    "WHOLEBODY133_TO_OPENPOSE",
    "OpenPosePeople",
    "PeopleTrack",
    "PosePart",
    "Stroke",
    "color_labels",
    "densepose_maps",
    "face_condition_maps",
    "face_distance_maps",
    "face_edges",
    "face_part_ids",
    "label_palette",
    "labels_from_colors",
    "mediapipe_to_body25",
    "mediapipe_to_face68",
    "pose_condition_maps",
    "pose_face_boxes",
    "pose_line_widths",
    "pose_skeleton",
    "read_openpose",
    "read_people",
    "replace_classes",
    "semantic_condition_maps",
    "track_people",
    "wholebody133_to_openpose",
    "write_openpose",
]
