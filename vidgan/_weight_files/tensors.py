"""Safetensors files: the header is checked, then they are read."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from pathlib import Path
from typing import IO, Any, NoReturn

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from vidgan._weight_files.stand_ins import RefusedFileError

_MAX_HEADER = 10_000_000
_MAX_TENSORS = 10_000
_MAX_DIMENSIONS = 64
_SEAL = "sha256"
_DTYPES = {
    "BOOL": torch.bool,
    "U8": torch.uint8,
    "I8": torch.int8,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I16": torch.int16,
    "U16": torch.uint16,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I32": torch.int32,
    "U32": torch.uint32,
    "F32": torch.float32,
    "I64": torch.int64,
    "U64": torch.uint64,
    "F64": torch.float64,
    "C64": torch.complex64,
}


def tensor_shapes(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Check the header of a safetensors file.

    Args:
        path: the file.

    Returns:
        The tensors on the meta device, which take no memory, and the metadata.

    Raises:
        RefusedFileError: the header is damaged, too long, or does not account for all bytes.
        OSError: the file cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        header, start = _read_header(file, size)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise RefusedFileError("its metadata is damaged")
    if len(header) > _MAX_TENSORS:
        raise RefusedFileError(f"it has {len(header)} tensors, over {_MAX_TENSORS}")
    places, tensors = [], {}
    for name, entry in header.items():
        begin, end, tensors[name] = _check_entry(name, entry)
        places.append((begin, end, name))
    position = 0
    for begin, end, name in sorted(places):
        if begin != position:
            raise RefusedFileError(f"its tensor {name!r} overlaps another, or there is a gap")
        position = end
    if start + position != size:
        raise RefusedFileError(
            "its tensors do not end where the file ends: it is cut off or joined"
        )
    return tensors, metadata


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a safetensors file onto the CPU, after `tensor_shapes` checked it.

    Raises:
        RefusedFileError: it is damaged.
        OSError: it cannot be read.
    """
    expected, metadata = tensor_shapes(path)
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in expected}
    except SafetensorError as error:
        raise RefusedFileError(f"safetensors refuses it ({error})") from error
    seal = metadata.pop(_SEAL, None)
    if seal is not None and seal != _digest(tensors, metadata):
        raise RefusedFileError("it is damaged: its SHA-256 sum is not the one in its header")
    return tensors, metadata | ({} if seal is None else {_SEAL: seal})


def _read_header(file: IO[bytes], size: int) -> tuple[dict[str, Any], int]:
    if size < 8:
        raise RefusedFileError("it is too short")
    (length,) = struct.unpack("<Q", file.read(8))
    if length > min(size - 8, _MAX_HEADER):
        raise RefusedFileError(
            f"its header would have {length} bytes, over {min(size - 8, _MAX_HEADER)}"
        )
    text = file.read(length)
    if not text.startswith(b"{"):
        raise RefusedFileError("its header is damaged")
    try:
        header = json.loads(
            text.decode(), object_pairs_hook=_no_duplicates, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        if isinstance(error, RefusedFileError):
            raise
        raise RefusedFileError("its header is no JSON") from error
    found: dict[str, Any] = header  # it starts with a brace
    return found, 8 + length


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RefusedFileError("a name stands twice in its header")
    return found


def _no_constant(text: str) -> NoReturn:
    raise RefusedFileError(f"its header has the number {text}")


def _check_entry(name: str, entry: Any) -> tuple[int, int, Tensor]:
    """Return where a tensor begins and ends, and the tensor on the meta device."""
    match entry:
        case {
            "dtype": str(dtype),
            "shape": list(shape),
            "data_offsets": [int(begin), int(end)],
            **others,
        } if dtype in _DTYPES and not others and len(shape) <= _MAX_DIMENSIONS:
            if all(type(n) is int and 0 <= n < 2**62 for n in (*shape, begin, end)):
                number = _DTYPES[dtype].itemsize
                for length in shape:
                    number *= length
                if end - begin == number:
                    return begin, end, torch.empty(shape, dtype=_DTYPES[dtype], device="meta")
    raise RefusedFileError(f"its header is damaged at the tensor {name[:100]!r}")


def write_safetensors(
    path: Path, tensors: dict[str, Tensor], metadata: dict[str, str], *, sealed: bool = False
) -> None:
    """Write a safetensors file and push it to the disk.

    Args:
        path: the file.
        tensors: contiguous, each with memory of its own.
        metadata: texts by name.
        sealed: also write a SHA-256 sum of all names, types, shapes, texts and numbers, which
            `read_safetensors` compares: for files that have no list of sums beside them.
    """
    from safetensors.torch import save  # noqa: PLC0415 - the rest needs no part of it

    if sealed:
        metadata = metadata | {_SEAL: _digest(tensors, metadata)}
    with path.open("wb") as file:
        file.write(save(tensors, metadata))
        file.flush()
        os.fsync(file.fileno())


def _digest(tensors: dict[str, Tensor], metadata: dict[str, str]) -> str:
    total = hashlib.sha256(json.dumps(sorted(metadata.items())).encode())
    for name, tensor in sorted(tensors.items()):
        total.update(json.dumps([name, str(tensor.dtype), *tensor.shape]).encode())
        total.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return total.hexdigest()
