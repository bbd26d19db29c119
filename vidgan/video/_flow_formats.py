"""Flow files other than Middlebury's: KITTI's PNG, NumPy's arrays and PFM."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from vidgan.video._png16 import read_png_header, read_rgb16
from vidgan.video._png_chunks import check_checksums

_PFM_HEADER = re.compile(rb"(P[Ff])\s+(\d+)\s+(\d+)\s+([-+]?[\d.]+(?:[eE][-+]?\d+)?)(?:\r\n|\s)")
_NPZ_FLOW, _NPZ_VALID = "flow", "valid"


def png_size(path: Path) -> tuple[int, int]:
    """Read (H, W) of a KITTI flow and check its format."""
    header = read_png_header(path)
    if header is None:
        raise ValueError(f"read_flow: {path} is not a PNG file")
    if (header.bits, header.color) != (16, "RGB"):
        raise ValueError(
            f"read_flow: {path} must be a PNG of 16-bit RGB, as KITTI encodes flow, got "
            f"{header.bits}-bit {header.color}; a picture of a flow has no vectors"
        )
    return header.height, header.width


def read_png(path: Path) -> Tensor:
    """Read a KITTI flow: x = (R - 32768) / 64, y likewise from G, unknown where B is 0."""
    png_size(path)
    check_checksums(path, "read_flow")
    try:
        values = read_rgb16(path)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"read_flow: {path} is cut short or damaged ({error})") from error
    valid = values[..., 2]
    if valid.max() > 1:
        raise ValueError(
            f"read_flow: {path} must have 0 or 1 (unknown or known) in its third channel, as KITTI "
            f"encodes flow, got {valid.max()}; convert other encodings, such as Virtual KITTI's, "
            "to .npy"
        )
    vectors = (values[..., :2].astype(np.float32) - 32768) / 64
    vectors[valid == 0] = np.nan
    return _to_tensor(vectors)


def numpy_size(path: Path) -> tuple[int, int]:
    """Read (H, W) of a .npy or .npz file from its header."""
    with _damage_named(path):
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = [name.removesuffix(".npy") for name in archive.namelist()]
                with archive.open(f"{_flow_name(names, path)}.npy") as file:
                    shape = _npy_shape(file, path)
        else:
            with path.open("rb") as file:
                shape = _npy_shape(file, path)
    return _layout(shape, path)[1]


def read_numpy(path: Path) -> Tensor:
    """Read a flow (H, W, 2) or (2, H, W) from a .npy or .npz file."""
    valid, size = None, numpy_size(path)
    with _damage_named(path), path.open("rb") as file:
        array = np.load(file, allow_pickle=False)
        if isinstance(array, np.lib.npyio.NpzFile):
            with array as archive:
                if _NPZ_VALID in archive.files:
                    _check_valid(archive, size, path)
                    valid = archive[_NPZ_VALID]
                array = archive[_flow_name(archive.files, path)]
    if array.dtype.kind not in "fiu":
        raise ValueError(f"read_flow: {path} must contain real numbers, got {array.dtype}")
    channels_first, _ = _layout(array.shape, path)
    vectors = array.reshape(array.shape[-3:]).astype(np.float32)
    vectors = np.moveaxis(vectors, 0, -1).copy() if channels_first else vectors
    if valid is not None:
        vectors[valid.reshape(size) == 0] = np.nan
    return _to_tensor(vectors)


def pfm_size(path: Path) -> tuple[int, int]:
    """Read (H, W) of a PFM file and check that the file is whole."""
    return _pfm_header(path)[:2]


def read_pfm(path: Path) -> Tensor:
    """Read a PFM file of three channels, x, y and one that is not used; its last row is first."""
    height, width, order, start = _pfm_header(path)
    values = np.frombuffer(path.read_bytes()[start:], dtype=f"{order}f4")
    return _to_tensor(values.reshape(height, width, 3)[::-1, :, :2].astype(np.float32))


def _pfm_header(path: Path) -> tuple[int, int, str, int]:
    """Read height, width, byte order and the place of the first value."""
    with path.open("rb") as file:
        match = _PFM_HEADER.match(file.read(256))
    if match is None or match[1] != b"PF":
        got = "one channel" if match else "another file"
        raise ValueError(
            f"read_flow: {path} must be a PFM file of three channels (its first bytes are b'PF'), "
            f"got {got}"
        )
    width, height, start = int(match[2]), int(match[3]), match.end()
    expected, got_bytes = start + 12 * width * height, path.stat().st_size
    if got_bytes != expected:
        raise ValueError(
            f"read_flow: {path} must have {expected} bytes as its header says, got {got_bytes}; "
            f"the file is {'cut short' if got_bytes < expected else 'too long'}"
        )
    return height, width, "<" if match[4].startswith(b"-") else ">", start


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Raise what NumPy and zipfile raise as one line with the file's name."""
    try:
        yield
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        text = str(error)
        if text.startswith("read_flow: "):
            raise
        why = f" ({text.splitlines()[0]})" if text else ""
        raise ValueError(
            f"read_flow: {path} is not a NumPy array of numbers, or is cut short{why}"
        ) from error


def _flow_name(names: list[str], path: Path) -> str:
    others = [name for name in names if name != _NPZ_VALID]
    if len(others) == 1:
        return others[0]
    if _NPZ_FLOW in names:
        return _NPZ_FLOW
    got = ", ".join(map(repr, names)) or "none"
    raise ValueError(
        f"read_flow: {path} must have one array, or one named {_NPZ_FLOW!r} (and optionally "
        f"{_NPZ_VALID!r}, 0 where it is unknown), got {got}"
    )


def _npy_shape(file: Any, path: Path) -> tuple[int, ...]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_2_0
    shape, _, dtype = (np.lib.format.read_array_header_1_0 if version == (1, 0) else read)(file)
    if dtype.kind not in "biuf" and not dtype.hasobject:  # NumPy refuses objects itself
        raise ValueError(f"read_flow: {path} must contain real numbers, got {dtype}")
    return shape


def _check_valid(archive: Any, size: tuple[int, int], path: Path) -> None:
    """Check the shape of what marks known flow, before it takes any memory."""
    with archive.zip.open(f"{_NPZ_VALID}.npy") as file:
        shape = _npy_shape(file, path)
    if shape != size and tuple(axis for axis in shape if axis != 1) != size:
        rule = f"an array {_NPZ_VALID!r} of the size (H, W) of the flow, {size}"
        raise ValueError(f"read_flow: {path} must have {rule}, got {shape}")


def _layout(shape: tuple[int, ...], path: Path) -> tuple[bool, tuple[int, int]]:
    """Return whether the channels come first, and (H, W); leading axes of 1 do not count."""
    axes = shape[-3:]
    fits = len(axes) == 3 and 0 not in axes and all(axis == 1 for axis in shape[:-3])
    if fits and axes[2] == 2:
        return False, (axes[0], axes[1])
    if fits and axes[0] == 2:
        return True, (axes[1], axes[2])
    raise ValueError(f"read_flow: {path} must have the shape (H, W, 2) or (2, H, W), got {shape}")


def _to_tensor(vectors: Any) -> Tensor:
    """Turn (H, W, 2) into (2, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(vectors, -1, 0)))
