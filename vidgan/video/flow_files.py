"""Middlebury .flo files: one optical flow per file."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

import torch
from torch import Tensor

from vidgan._checks import check_shapes
from vidgan.files import atomic_file
from vidgan.video._paths import existing_file

_MAGIC = b"PIEH"  # the bytes of the little-endian float32 202021.25
_HEADER = struct.Struct("<4sii")  # magic, width, height
_LARGEST_SIDE = 99_999  # the limit of the Middlebury reference reader


def read_flow_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Read the size (H, W) of a Middlebury .flo file and check that the file is whole.

    Args:
        path: the file.

    Returns:
        (H, W) in pixels.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no .flo file, has an impossible size, or is cut short.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "00001.flo"
        >>> write_flow(path, torch.zeros(2, 4, 6))
        >>> read_flow_size(path)
        (4, 6)
    """
    path = existing_file(path, "read_flow")
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


def read_flow(path: str | os.PathLike[str]) -> Tensor:
    """Read a Middlebury .flo file (Baker et al., "A Database and Evaluation Methodology", 2011).

    Args:
        path: the file: float32 202021.25, int32 width and height, then x and y of each pixel,
            row by row, all little-endian.

    Returns:
        The flow (2, H, W) in pixels, float32, channel 0 = x (right), 1 = y (down).

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no .flo file, has an impossible size, or is cut short.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "00001.flo"
        >>> write_flow(path, torch.ones(2, 4, 6))
        >>> read_flow(path).shape
        torch.Size([2, 4, 6])
    """
    height, width = read_flow_size(path)
    values = bytearray(Path(path).read_bytes()[_HEADER.size :])
    flow = torch.frombuffer(values, dtype=torch.float32)
    if sys.byteorder == "big":
        flow = flow.view(torch.uint8).view(-1, 4).flip(1).contiguous().view(torch.float32)
    return flow.view(height, width, 2).permute(2, 0, 1).contiguous()


def write_flow(path: str | os.PathLike[str], flow: Tensor) -> None:
    """Write a Middlebury .flo file; an existing file is replaced only once the new one is whole.

    Args:
        path: the file; its folder must exist.
        flow: (2, H, W) in pixels, any floating-point type, written as float32.

    Raises:
        TypeError: ``flow`` is not a floating-point tensor.
        ValueError: ``flow`` is not (2, H, W), or a side is 0 or above 99,999.
        OSError: the folder does not exist or cannot be written to.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "00001.flo"
        >>> write_flow(path, torch.zeros(2, 4, 6))
        >>> path.stat().st_size
        204
    """
    check_shapes("write_flow", flow=(flow, "2 H W"))
    height, width = flow.shape[1:]
    _check_size(height, width, "write_flow: flow")
    values = flow.detach().to("cpu", torch.float32).permute(1, 2, 0).contiguous()
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
