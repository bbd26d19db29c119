"""PNG files with three channels of 16 bits, of which Pillow keeps the high bytes alone."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_HEADER = struct.Struct(">8sI4sIIBB")  # signature, length and name of the chunk, its first fields
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLORS = {0: "gray", 2: "RGB", 3: "palette", 4: "gray with alpha", 6: "RGB with alpha"}


class PNGHeader(NamedTuple):
    """What the first chunk of a PNG file says."""

    height: int
    width: int
    bits: int
    color: str


def read_png_header(path: Path) -> PNGHeader | None:
    """Read the header of a PNG file without its pixels; None if it is no PNG file."""
    with path.open("rb") as file:
        start = file.read(_HEADER.size)
    if len(start) < _HEADER.size:
        return None
    signature, _, chunk, width, height, bits, color = _HEADER.unpack(start)
    if signature != _SIGNATURE or chunk != b"IHDR":
        return None
    return PNGHeader(height, width, bits, _COLORS.get(color, "unknown"))


def read_rgb16(path: Path) -> NDArray[np.int32]:
    """Read a PNG of 16-bit RGB, whose header was checked: (H, W, 3) in 0 to 65535.

    Raises:
        OSError, SyntaxError, Image.DecompressionBombError: as Pillow, for a damaged file.
    """
    # Pillow's own way to unpack 16 bits takes the high byte of each; as if the bytes stood the
    # other way round, it takes the low one.
    high, low = (_unpack(path, mode) for mode in ("RGB;16B", "RGB;16L"))
    return high.astype(np.int32) * 256 + low


def _unpack(path: Path, mode: str) -> NDArray[np.uint8]:
    with Image.open(path, formats=("PNG",)) as image:
        image.tile = [(*tile[:3], mode) for tile in image.tile]
        image.load()
        return np.asarray(image)
