"""Opening a video file safely: whole, self-contained, and with a video stream."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vidgan.extras import import_extra
from vidgan.video._paths import existing_file
from vidgan.video._truncation import declared_bytes

# FFmpeg follows playlists (m3u8, ffconcat, mpd) and protocols (concat:, http:) to other files, so
# only containers that hold their own frames are let through, and only from a plain file.
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegvideo,mpegts,ogg,flv,asf,gif,yuv4mpegpipe"
)
_SAFE_OPTIONS = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
_READABLE = "MP4, MOV, Matroska, WebM, AVI, MPEG, Ogg, FLV, ASF, GIF or Y4M"


def open_container(path: Path, *, allow_truncated: bool) -> Any:
    """Open a video file with PyAV.

    Args:
        path: the file.
        allow_truncated: open it although it has fewer bytes than it declares.

    Returns:
        The open container, with at least one video stream.

    Raises:
        ImportError: PyAV is missing.
        FileNotFoundError: there is no such file.
        ValueError: the file is no video of a known container, is cut short, or has no video
            stream.
    """
    av = import_extra("av", "video")
    if path.is_dir():
        raise ValueError(
            f"read_video: {path} must be a file; for a folder of frames use read_frames"
        )
    existing_file(path, "read_video")
    size, declared = path.stat().st_size, declared_bytes(path)
    if declared is not None and declared > size and not allow_truncated:
        raise damage(path, f"cut short: it declares {declared} bytes, the file has {size}")
    try:
        container = av.open(
            f"file:{path}",
            mode="r",
            container_options=dict(_SAFE_OPTIONS),
            metadata_errors="replace",
        )
    except av.error.FFmpegError as error:
        raise ValueError(
            f"read_video: {path} is not a video that can be read ({error.strerror}); it must be a "
            f"whole {_READABLE} file, and no playlist"
        ) from error
    if not container.streams.video:
        container.close()
        raise ValueError(f"read_video: {path} has no video stream")
    return container


def damage(path: Path, problem: str) -> ValueError:
    """Return the error for a damaged file, with what its user can do."""
    repair = "copy it again, or pass allow_truncated=True to take the frames before the damage"
    return ValueError(f"read_video: {path} is {problem}; {repair}")
