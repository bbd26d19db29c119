"""Video files, folders of frames, clip data sets with consistent transforms, synthetic videos."""

from vidgan.video.clips import ClipDataset, ClipIndex, ClipTransform
from vidgan.video.data_folder import DataFolder, open_data_folder
from vidgan.video.folder_streams import (
    FlowStream,
    ImageStream,
    LabelStream,
    MaskStream,
    PointStream,
)
from vidgan.video.frames import list_frames, list_sequences, read_frames, write_frames
from vidgan.video.images import (
    image_size,
    read_frame,
    read_labels,
    read_mask,
    to_float,
    to_uint8,
    write_frame,
)
from vidgan.video.reader import Video, VideoReader, iterate_video, read_video
from vidgan.video.streams import ClipStream, StreamKind, TensorStream
from vidgan.video.synthetic import SyntheticClip, SyntheticVideo
from vidgan.video.transforms import (
    ClipTransforms,
    RandomCrop,
    RandomHorizontalFlip,
    RandomScale,
    Resize,
)
from vidgan.video.writer import VideoWriter, write_video

__all__ = [
    "ClipDataset",
    "ClipIndex",
    "ClipStream",
    "ClipTransform",
    "ClipTransforms",
    "DataFolder",
    "FlowStream",
    "ImageStream",
    "LabelStream",
    "MaskStream",
    "PointStream",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomScale",
    "Resize",
    "StreamKind",
    "SyntheticClip",
    "SyntheticVideo",
    "TensorStream",
    "Video",
    "VideoReader",
    "VideoWriter",
    "image_size",
    "iterate_video",
    "list_frames",
    "list_sequences",
    "open_data_folder",
    "read_frame",
    "read_frames",
    "read_labels",
    "read_mask",
    "read_video",
    "to_float",
    "to_uint8",
    "write_frame",
    "write_frames",
    "write_video",
]
