"""How much a picture or a video may decode to; all readers take these limits."""

from __future__ import annotations

MAX_PIXELS = 2**25  # of a picture: 8192 x 4096; 8K video has 7680 x 4320
MAX_BYTES = 2**34  # 17 GB of decoded frames at once: 2,700 frames of 1080p


def check_pixels(height: int, width: int, max_pixels: int, subject: str) -> None:
    """Raise ValueError for a picture of too many pixels, before it is decoded."""
    if height * width > max_pixels:
        raise ValueError(
            f"{subject} has too many pixels; downsample or crop it first, or pass a larger "
            f"max_pixels (it must have at most {max_pixels}, got (H, W) = ({height}, {width}))"
        )


def check_bytes(num_frames: int, height: int, width: int, max_bytes: int, subject: str) -> None:
    """Raise ValueError for RGB frames that take too much memory, before they are decoded."""
    if (total := 3 * num_frames * height * width) > max_bytes:
        raise ValueError(
            f"{subject} must decode to at most {max_bytes} bytes, got {total} ({num_frames} frames "
            f"of (H, W) = ({height}, {width})); read fewer frames, or pass a larger max_bytes"
        )
