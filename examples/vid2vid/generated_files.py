"""The files of a generated video."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from examples.vid2vid.live import LivePlayer, Pace
from examples.vid2vid.sequences import DrivingSequence
from examples.vid2vid.visualization import GeneratedFrame, write_video_and_sheet
from vidgan.extras import import_extra
from vidgan.files import atomic_entries

_VIDEOS = (".mp4", ".m4v", ".mov", ".mkv")


class GenerateReport(NamedTuple):
    """The files that were written, the number of frames, and the pace of a live video."""

    video: Path
    sheet: Path
    frames: Path
    num_frames: int
    pace: Pace | None = None


def write_generated(
    steps: Iterable[GeneratedFrame],
    driving: DrivingSequence,
    count: int,
    out: Path,
    *,
    overwrite: bool,
) -> GenerateReport:
    """Write the video, contact sheet and frames of a sequence, each frame as it comes.

    Args:
        steps: the frames in order; a `LivePlayer` for a live video, which may have fewer.
        driving: the sequence that drives them.
        count: number of frames.
        out: a folder, or the name of the video.
        overwrite: replace what is there already.

    Raises:
        OSError: the folder cannot be written to; or the camera of a live video went away, and what
            was generated until then is written.
    """
    is_video = out.suffix.lower() in _VIDEOS and not out.is_dir()
    root, video = (out.parent, out.name) if is_video else (out, f"{driving.name}.mp4")
    names = [video, f"{Path(video).stem}.png", f"frames/{driving.name}"]
    live = steps if isinstance(steps, LivePlayer) else None
    if live is None:
        steps = import_extra("tqdm", "examples").tqdm(steps, "frames", count, disable=None)
    with atomic_entries(root, names, command="generate", overwrite=overwrite) as temporary:
        write_video_and_sheet(
            steps,
            count=count if live is None else None,
            fps=driving.fps,
            video=temporary / names[0],
            sheet=temporary / names[1],
            frames=temporary / names[2],
        )
    report = GenerateReport(*(root / name for name in names), count)
    if live is None:
        return report
    if live.error is not None:
        raise OSError(f"{live.error}; the {live.frames} frames until then are in {root}")
    return report._replace(num_frames=live.frames, pace=live.pace())
