"""Clips for training: streams of frames and annotations, transforms, data folders, their check."""

from vidgan.data.check.check import check_data
from vidgan.data.check.report import DataReport, Finding, KindSummary, SequenceSummary
from vidgan.data.check.text import report_to_dict, report_to_text
from vidgan.data.clip_dataset import ClipDataset, ClipIndex, ClipTransform
from vidgan.data.data_folder import DataFolder, open_data_folder
from vidgan.data.folder_streams import (
    FlowStream,
    ImageStream,
    LabelStream,
    MaskStream,
)
from vidgan.data.frame_names import frame_name, pairs_by_order, split_at_gaps
from vidgan.data.joining import join_data_folders
from vidgan.data.point_files import read_point_array, read_points
from vidgan.data.point_streams import (
    KeypointStream,
    PointStream,
    find_keypoints,
)
from vidgan.data.point_units import PointUnit, PointUnits, point_units, points_to_pixels
from vidgan.data.prepared_clips import open_clips
from vidgan.data.streams import ClipStream, StreamKind, TensorStream
from vidgan.data.synthetic import SyntheticClip, SyntheticVideo
from vidgan.data.transforms import (
    ClipTransforms,
    RandomCrop,
    RandomHorizontalFlip,
    RandomScale,
    Resize,
)

__all__ = [
    "ClipDataset",
    "ClipIndex",
    "ClipStream",
    "ClipTransform",
    "ClipTransforms",
    "DataFolder",
    "DataReport",
    "Finding",
    "FlowStream",
    "ImageStream",
    "KeypointStream",
    "KindSummary",
    "LabelStream",
    "MaskStream",
    "PointStream",
    "PointUnit",
    "PointUnits",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomScale",
    "Resize",
    "SequenceSummary",
    "StreamKind",
    "SyntheticClip",
    "SyntheticVideo",
    "TensorStream",
    "check_data",
    "find_keypoints",
    "frame_name",
    "join_data_folders",
    "open_clips",
    "open_data_folder",
    "pairs_by_order",
    "point_units",
    "points_to_pixels",
    "read_point_array",
    "read_points",
    "report_to_dict",
    "report_to_text",
    "split_at_gaps",
]
