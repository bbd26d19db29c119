"""Opening a video file safely, whole and self-contained, and choosing what players show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vidgan.extras import import_extra
from vidgan.files import existing_file
from vidgan.video._limits import MAX_PIXELS, check_pixels
from vidgan.video._truncation import declared_bytes

# FFmpeg follows playlists (m3u8, ffconcat, mpd) and protocols (concat:, http:) to other files, so
# only containers that hold their own frames are let through, and only from a plain file.
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegvideo,mpegts,ogg,flv,asf,gif,yuv4mpegpipe"
)
_SAFE_OPTIONS = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
_PICTURES = ("attached_pic", "still_image", "timed_thumbnails")
_READABLE = "MP4, MOV, Matroska, WebM, AVI, MPEG, Ogg, FLV, ASF, GIF or Y4M"


def open_container(path: Path, *, allow_truncated: bool) -> Any:
    """Open a video file with PyAV.

    Args:
        path: the file.
        allow_truncated: open it although it has fewer bytes than it declares.

    Returns:
        The open container.

    Raises:
        ImportError: PyAV is missing.
        FileNotFoundError: there is no such file.
        ValueError: the file is no video of a known container, or is cut short.
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
    return container


def choose_stream(container: Any, path: Path, max_pixels: int = MAX_PIXELS) -> Any:
    """Choose the video stream that players show.

    Cover pictures and thumbnails are left out. Of the others, the first one that the file marks as
    its default is taken, or else the first one.

    Raises:
        ValueError: there is no such stream, or its codec or its size cannot be decoded.
    """
    shown = [stream for stream in container.streams.video if not _has(stream, *_PICTURES)]
    if not shown:
        covers = len(container.streams.video)
        found = f" ({covers} cover pictures, which are not frames)" if covers else ""
        raise ValueError(f"read_video: {path} has no video stream{found}")
    stream = next((stream for stream in shown if _has(stream, "default")), shown[0])
    codec = stream.codec_context
    if codec is None:
        raise ValueError(
            f"read_video: {path} has a video stream whose codec FFmpeg cannot decode here; "
            "convert it to H.264 first"
        )
    check_pixels(codec.height, codec.width, max_pixels, f"read_video: {path}")
    # The container may say less than the frames have, or nothing: FFmpeg refuses those before it
    # takes memory. It counts the margins around them too.
    codec.options = {**codec.options, "max_pixels": str(2 * max_pixels + 2**16)}
    return stream


def _has(stream: Any, *names: str) -> bool:
    """Whether a stream has one of these dispositions; early PyAV 14 does not know any."""
    dispositions = getattr(stream, "disposition", None)
    kinds = (getattr(type(dispositions), name, None) for name in names)
    return any(kind is not None and bool(dispositions & kind) for kind in kinds)


def damage(path: Path, problem: str) -> ValueError:
    """Return the error for a damaged file, with what its user can do."""
    repair = "copy it again, or pass allow_truncated=True to take the frames before the damage"
    return ValueError(f"read_video: {path} is {problem}; {repair}")
