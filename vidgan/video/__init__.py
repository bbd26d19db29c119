"""Reading and writing video files, frames, label maps, masks and optical flow."""

from vidgan.video.contact_sheet import contact_sheet
from vidgan.video.flow_files import read_flow, write_flow
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
from vidgan.video.reader import VideoReader, iterate_video
from vidgan.video.timing import find_gaps, frame_rate
from vidgan.video.whole_video import Video, read_video
from vidgan.video.writer import VideoWriter, write_video

__all__ = [
    "Video",
    "VideoReader",
    "VideoWriter",
    "contact_sheet",
    "find_gaps",
    "frame_rate",
    "image_size",
    "iterate_video",
    "list_frames",
    "list_sequences",
    "read_flow",
    "read_frame",
    "read_frames",
    "read_labels",
    "read_mask",
    "read_video",
    "to_float",
    "to_uint8",
    "write_flow",
    "write_frame",
    "write_frames",
    "write_video",
]
