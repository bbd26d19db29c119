"""Keeps the memory of a process flat while it goes over a long video."""

from __future__ import annotations

import ctypes
import sys

_M_MMAP_THRESHOLD = -3  # of malloc.h
_LARGE = 1 << 20  # bytes; frames are larger


def return_large_buffers() -> None:
    """Make the C library return each large buffer to the system as soon as it is freed.

    By default glibc soon keeps buffers as large as a frame. Detections that stay between them then
    break the freed memory into pieces that the next frame does not fit in, and the process grows by
    about 0.6 MB per frame of 1280x720 (measured with dlib's detector). Does nothing where the C
    library is another one.
    """
    if sys.platform == "linux":
        set_option = getattr(ctypes.CDLL(None), "mallopt", None)
        if set_option is not None:
            set_option(_M_MMAP_THRESHOLD, _LARGE)
