"""Files of optical flow: Middlebury's .flo, and what other data sets use instead."""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from torch import Tensor

from vidgan._checks import check_shapes
from vidgan.files import atomic_file, existing_file
from vidgan.functional.unknown import is_known, mark_unknown
from vidgan.video._flow_formats import (
    numpy_size,
    pfm_size,
    png_size,
    read_numpy,
    read_pfm,
    read_png,
)
from vidgan.video._limits import MAX_PIXELS, check_pixels

_MAGIC = b"PIEH"  # the bytes of the little-endian float32 202021.25
_HEADER = struct.Struct("<4sii")  # magic, width, height
_LARGEST_SIDE = 99_999  # the limit of the Middlebury reference reader
_UNKNOWN = 1e10  # the value that Middlebury writes; whoever reads it takes 1e9 and more for it

_OTHER_FORMATS: dict[
    str, tuple[Callable[[Path], tuple[int, int]], Callable[[Path], Tensor]]
] = {  # how to read the size, and the flow
    ".pfm": (pfm_size, read_pfm),
    ".npz": (numpy_size, read_numpy),
    ".npy": (numpy_size, read_numpy),
    ".png": (png_size, read_png),
}
FLOW_SUFFIXES = (".flo", *_OTHER_FORMATS)


def one_format(files: Iterable[Path]) -> list[Path]:
    """Keep the files of one format: the first of `FLOW_SUFFIXES` that occurs.

    Pictures of the flows may lie beside them.

    Example:
        >>> [file.name for file in one_format([Path("1.flo"), Path("1.png"), Path("2.flo")])]
        ['1.flo', '2.flo']
    """
    by_suffix: dict[str, list[Path]] = {suffix: [] for suffix in FLOW_SUFFIXES}
    for file in files:
        by_suffix[file.suffix.lower()].append(file)
    return next((found for found in by_suffix.values() if found), [])


def read_flow_size(
    path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS
) -> tuple[int, int]:
    """Read the size (H, W) of a flow file from its header, without its vectors.

    Args:
        path: the file, as in `read_flow`. A .flo and a .pfm file is also checked to be whole.
        max_pixels: maximum number of pixels.

    Returns:
        (H, W) in pixels.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no flow file, has an impossible size, or is cut short.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "00001.flo"
        >>> write_flow(path, torch.zeros(2, 4, 6))
        >>> read_flow_size(path)
        (4, 6)
    """
    path = existing_file(path, "read_flow")
    read_size = _OTHER_FORMATS.get(path.suffix.lower(), (_middlebury_size,))[0]
    height, width = read_size(path)
    _check_size(height, width, f"read_flow: {path}")
    check_pixels(height, width, max_pixels, f"read_flow: {path}")
    return height, width


def _middlebury_size(path: Path) -> tuple[int, int]:
    with path.open("rb") as file:
        header = file.read(_HEADER.size)
    if header[:4] != _MAGIC:
        raise ValueError(
            f"read_flow: {path} is not a Middlebury .flo file: it must start with the float32 "
            f"202021.25 (bytes {_MAGIC!r}), got {header[:4]!r}"
        )
    expected = got = len(header)
    if got == _HEADER.size:
        _, width, height = _HEADER.unpack(header)
        _check_size(height, width, f"read_flow: {path}")
        expected, got = _HEADER.size + 8 * width * height, path.stat().st_size
    if got != expected or got < _HEADER.size:
        raise ValueError(
            f"read_flow: {path} must have {max(expected, _HEADER.size)} bytes as its header says, "
            f"got {got}; the file is {'cut short' if got <= expected else 'too long'}"
        )
    return height, width


def read_flow(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> Tensor:
    """Read an optical flow; pixels where it is unknown are NaN in both channels.

    The ending of the file says its format.

    - ``.flo``: Middlebury (Baker et al., "A Database and Evaluation Methodology", 2011): float32
      202021.25, int32 width and height, then x and y of each pixel, row by row, all little-endian.
      1e9 and more marks unknown vectors.
    - ``.png``: KITTI, 16-bit RGB: x = (R - 32768) / 64, y likewise from G; B is 1 where the flow is
      known, else 0.
    - ``.npy``: an array (H, W, 2) or (2, H, W); the former where both fit.
    - ``.npz``: such an array, alone or named ``flow``, and optionally ``valid``, (H, W), 0 where
      the flow is unknown.
    - ``.pfm``: three float32 channels, x, y and one that is not used, as in FlyingThings3D.

    In each of them, NaN, infinity and sizes of at least 1e9 are unknown too. The vectors are not
    turned round: a data set's flow to the *next* frame is no backward flow.

    Args:
        path: the file; another ending than these is read as ``.flo``.
        max_pixels: maximum number of pixels, checked before the vectors are read.

    Returns:
        The flow (2, H, W) in pixels, float32, channel 0 = x (right), 1 = y (down).

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no flow file, has an impossible size, or is cut short.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "00001.flo"
        >>> write_flow(path, torch.ones(2, 4, 6))
        >>> read_flow(path).shape
        torch.Size([2, 4, 6])
    """
    height, width = read_flow_size(path, max_pixels=max_pixels)
    path = Path(path)
    if path.suffix.lower() in _OTHER_FORMATS:
        return mark_unknown(_OTHER_FORMATS[path.suffix.lower()][1](path))
    values = bytearray(path.read_bytes()[_HEADER.size :])
    flow = torch.frombuffer(values, dtype=torch.float32)
    if sys.byteorder == "big":
        flow = flow.view(torch.uint8).view(-1, 4).flip(1).contiguous().view(torch.float32)
    return mark_unknown(flow.view(height, width, 2).permute(2, 0, 1).contiguous())


def write_flow(path: str | os.PathLike[str], flow: Tensor) -> None:
    """Write a Middlebury .flo file; an existing file is replaced only once the new one is whole.

    Args:
        path: the file, such as ``00001.flo``; its folder must exist.
        flow: (2, H, W) in pixels, any floating-point type, written as float32; where it is unknown
            (see `vidgan.functional.known_flow`), 1e10 is written, as Middlebury does.

    Raises:
        TypeError: ``flow`` is not a floating-point tensor.
        ValueError: ``flow`` is not (2, H, W), a side is 0 or above 99,999, or the ending is that of
            another format.
        OSError: the folder does not exist or cannot be written to.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "00001.flo"
        >>> write_flow(path, torch.zeros(2, 4, 6))
        >>> path.stat().st_size
        204
    """
    if Path(path).suffix.lower() in _OTHER_FORMATS:
        raise ValueError(f"write_flow: path must end in .flo, got {Path(path).name!r}")
    check_shapes("write_flow", flow=(flow, "2 H W"))
    height, width = flow.shape[1:]
    _check_size(height, width, "write_flow: flow")
    vectors = torch.where(is_known(flow), flow.detach(), torch.nan).to("cpu", torch.float32)
    values = vectors.nan_to_num(nan=_UNKNOWN).permute(1, 2, 0).contiguous()
    if sys.byteorder == "big":
        values = values.view(torch.uint8).view(-1, 4).flip(1).contiguous()
    with atomic_file(path, function="write_flow") as temporary:
        temporary.write_bytes(_HEADER.pack(_MAGIC, width, height) + values.numpy().tobytes())


def _check_size(height: int, width: int, subject: str) -> None:
    if not (0 < width <= _LARGEST_SIDE and 0 < height <= _LARGEST_SIDE):
        raise ValueError(
            f"{subject} must have a width and height of 1 to {_LARGEST_SIDE}, "
            f"got {width} x {height}"
        )
