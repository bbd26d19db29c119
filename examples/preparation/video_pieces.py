"""Video files as sequences: found in folders, split at cuts and pauses, decoded frame by frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from examples.preparation.cuts import CutFinder
from vidgan.data import split_at_gaps
from vidgan.extras import import_extra
from vidgan.files import visible_files
from vidgan.video import VideoReader, find_gaps, iterate_video

# fmt: off
VIDEO_SUFFIXES = (
    ".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts",
    ".ogv", ".ts", ".webm", ".wmv", ".y4m",
)
# fmt: on


class Piece(NamedTuple):
    """The frames ``start`` to ``stop - 1`` of a video, without a cut or a pause."""

    name: str
    source: str
    start: int
    stop: int


class ScannedVideo(NamedTuple):
    """What a first pass over a video file finds.

    Attributes:
        path: the file.
        name: name of the sequence, or, with a number, of its pieces.
        fps: frames per second.
        size: (H, W) of its frames.
        times: when each frame is shown, in seconds.
        gaps: index of each frame that follows a pause.
        cuts: index of each frame that follows a cut.
    """

    path: Path
    name: str
    fps: float
    size: tuple[int, int]
    times: list[float]
    gaps: list[int]
    cuts: list[int]

    def pieces(self) -> list[Piece]:
        """Split the video at cuts and pauses; one without any is one piece of its own name."""
        bounds = [0, *sorted({*self.gaps, *self.cuts}), len(self.times)]
        if len(bounds) == 2:
            return [Piece(self.name, self.path.name, 0, len(self.times))]
        pieces = []
        for number, (start, stop) in enumerate(pairwise(bounds)):
            first, last = self.times[start], self.times[stop - 1]
            source = f"{self.path.name} from {first:.2f} to {last:.2f} s"
            pieces.append(Piece(f"{self.name}_{number:03d}", source, start, stop))
        return pieces

    def note(self) -> str:
        """Say where the video is split; empty if it is not."""
        found = []
        for kind, places in (("cut", self.cuts), ("pause", self.gaps)):
            if places:
                at = ", ".join(f"{self.times[index]:.2f}" for index in places)
                found.append(f"{len(places)} {kind}{'s' * (len(places) > 1)} (before {at} s)")
        split = len(self.pieces())
        return f"{self.path.name}: {' and '.join(found)}: {split} pieces" if found else ""


class VideoFrames:
    """Decodes parts of a video file; parts in the order of their frames need one pass."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._next = 0
        self._frames = iterate_video(path)

    def part(self, piece: Piece) -> Iterator[Tensor]:
        """Decode the frames of one piece, uint8 (3, H, W)."""
        if piece.start < self._next:
            self._next, self._frames = 0, iterate_video(self.path)
        for _, frame in self._frames:
            self._next += 1
            if self._next > piece.start:
                yield frame
            if self._next >= piece.stop:
                return


def find_videos(source: Path, *, unless: str) -> dict[str, Path]:
    """Find the video files: one file, or all in a folder and its sub-folders.

    Args:
        source: a file, which may be missing, or a folder.
        unless: name of a sub-folder; a folder that has one is no folder of videos.

    Returns:
        Name of the sequence -> file. In a folder the name is the relative path, joined by "_".
        Empty if a folder contains none.
    """
    if not source.is_dir():
        return {source.stem: source}
    if (source / unless).is_dir():
        return {}
    files = visible_files(source, VIDEO_SUFFIXES, recursive=True)
    names = ["_".join(file.relative_to(source).with_suffix("").parts) for file in files]
    _check_unique(names, source)
    return dict(zip(names, files, strict=True))


def scan_videos(
    videos: dict[str, Path], *, max_frames: int | None = None, cuts: bool = True
) -> list[ScannedVideo]:
    """Go through video files once; only times are kept.

    Args:
        videos: name -> file.
        max_frames: read the first so many frames of each.
        cuts: look for cuts.

    Raises:
        FileNotFoundError, ValueError: as in `VideoReader`, or pieces of two videos have one name.
    """
    scanned = [_scan(name, path, max_frames=max_frames, cuts=cuts) for name, path in videos.items()]
    _check_unique([piece.name for video in scanned for piece in video.pieces()], "the source")
    return scanned


def video_notes(videos: list[ScannedVideo]) -> list[str]:
    """Say where videos are split, and which differ from the first in their frame rate."""
    notes = [note for video in videos if (note := video.note())]
    rate = videos[0].fps
    other = [video for video in videos if abs(video.fps - rate) > 0.01 * rate]
    if other:
        names = ", ".join(f"{video.path.name} ({video.fps:g})" for video in other[:5])
        more = f" and {len(other) - 5} more" if len(other) > 5 else ""
        notes.append(
            f"videos of other frame rates than {videos[0].path.name} ({rate:g} frames per second): "
            f"{names}{more}; the data folder has one rate, {rate:g}"
        )
    return notes


def files_of_video(
    folder: Path, video: ScannedVideo, suffixes: Sequence[str], *, whole: bool = True
) -> list[Path]:
    """Find the annotations of a video, one file per frame: in ``folder``, or its folder ``name``.

    Where some names start with that of the video, as OpenPose writes them, only these count.

    Args:
        folder: the folder of the files.
        video: the video.
        suffixes: lower-case endings of the files.
        whole: whether the video was read to its end; else there may be more files than frames.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: the number of files is not that of the frames, or a file is missing between.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    place = next((p for p in (folder / video.name, folder / video.path.stem) if p.is_dir()), folder)
    every = visible_files(place, suffixes)
    files = [file for file in every if file.name.startswith(f"{video.path.stem}_")] or every
    frames = len(video.times)
    if len(files) < frames or (whole and len(files) > frames):
        raise ValueError(
            f"{place} must have one file for each frame of {video.path.name}, got {len(files)} "
            f"files and {frames} frames; give all files of this video, and no others"
        )
    parts = split_at_gaps(files[:frames])
    if len(parts) > 1:
        raise ValueError(
            f"{place} must have one file for each frame of {video.path.name}; one is missing after "
            f"{parts[0][-1].name}; give all files of this video"
        )
    return files[:frames]


def name_parts(name: str, parts: list[list[Path]]) -> Iterator[tuple[str, str, list[Path]]]:
    """Name the parts of a folder's sequence that lie between missing frames.

    Returns:
        Name of each sequence, its source in words, and its files.
    """
    for number, files in enumerate(parts):
        if len(parts) == 1:
            yield name, name, files
        else:
            source = f"{name} from {files[0].name} to {files[-1].name}"
            yield f"{name}_{number:03d}", source, files


def _scan(name: str, path: Path, *, max_frames: int | None, cuts: bool) -> ScannedVideo:
    times: list[float] = []
    size = (0, 0)
    with VideoReader(path) as reader:
        finder = CutFinder() if cuts else None
        frames = islice(reader, max_frames)
        total = reader.declared_frames if max_frames is None else max_frames
        bar = import_extra("tqdm", "examples").tqdm(frames, "cuts and pauses", total, disable=None)
        for time, frame in bar:
            times.append(time)
            size = (frame.shape[1], frame.shape[2])
            if finder:
                finder.add(frame)
        found = finder.cuts() if finder else []
        return ScannedVideo(path, name, reader.fps, size, times, find_gaps(times), found)


def _check_unique(names: list[str], source: object) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ValueError(
            f"{source}: two sequences would have the name {twice[0]}; rename one of the videos"
        )
