"""The sequences of video files, with keypoints from a detector or from OpenPose files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from torch import Tensor

from examples.pose_to_body.people import Person
from examples.pose_to_body.person_sequence import PersonMaterial
from examples.pose_to_body.person_track import PersonTrack, track_person
from examples.pose_to_body.sources import FolderSequence, folder_track
from examples.preparation.video_pieces import ScannedVideo, VideoFrames, files_of_video


def find_people(
    videos: Sequence[ScannedVideo], find: Callable[[Tensor], list[Person]]
) -> Iterator[PersonMaterial]:
    """Follow a person through each piece of each video with a detector."""
    for video in videos:
        frames = VideoFrames(video.path)
        tracks = [
            track_person(frames.part(piece), find, total=piece.stop - piece.start)
            for piece in video.pieces()
        ]
        yield from _materials(video, frames, tracks)


def read_people(
    videos: Sequence[ScannedVideo], folder: Path, *, whole: bool, notes: list[str]
) -> Iterator[PersonMaterial]:
    """Follow a person through the OpenPose files of each video; see `files_of_video`."""
    for video in videos:
        files = files_of_video(folder, video, (".json",), whole=whole)
        tracks = [
            folder_track(
                FolderSequence(piece.name, [], files[piece.start : piece.stop], {}, video.size),
                None,
                notes,
            )
            for piece in video.pieces()
        ]
        yield from _materials(video, VideoFrames(video.path), tracks)


def _materials(
    video: ScannedVideo, frames: VideoFrames, tracks: Sequence[PersonTrack]
) -> Iterator[PersonMaterial]:
    for piece, track in zip(video.pieces(), tracks, strict=True):
        read = partial(frames.part, piece)
        yield PersonMaterial(piece.name, piece.source, track, read, {}, video.size)
