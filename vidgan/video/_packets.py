"""What the packets of a video file say before anything is decoded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vidgan.extras import import_extra
from vidgan.video._limits import MAX_PIXELS
from vidgan.video._opening import choose_stream, open_container


def packet_times(
    path: Path,
    *,
    allow_truncated: bool = False,
    max_packets: int | None = None,
    max_pixels: int = MAX_PIXELS,
) -> list[float | None]:
    """Read when the frames of a video are shown, without decoding them.

    Args:
        path: the file.
        allow_truncated: as in `open_container`.
        max_packets: read the first so many only.
        max_pixels: maximum number of pixels of a frame.

    Returns:
        Seconds, in the order of decoding, None for packets that do not say. Frames that an edit
        list hides are left out. Where packets are damaged, those before the damage.
    """
    av = import_extra("av", "video")
    times: list[float | None] = []
    with open_container(path, allow_truncated=allow_truncated) as container:
        stream = choose_stream(container, path, max_pixels)
        try:
            for packet in container.demux(stream):
                if packet.size > 0 and not packet.is_discard:
                    times.append(packet_time(packet, container))
                if len(times) == max_packets:
                    break
        except av.error.FFmpegError:
            pass  # decoding reports it
    return times


def packet_time(packet: Any, container: Any) -> float | None:
    """Return when a packet, or a frame, is shown, in seconds; None where it does not say.

    AVI counts frames in the order of decoding and stores nothing else.
    """
    ticks = packet.dts if container.format.name == "avi" else packet.pts
    return None if ticks is None else float(ticks * packet.time_base)
