"""Reading what ``torch.save`` wrote, once it is checked."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import IO, Any

import torch

from vidgan._weight_files.archive import Entry, read_entries
from vidgan._weight_files.program import check_program
from vidgan._weight_files.stand_ins import CodeInFileError, RefusedFileError, Storage
from vidgan._weight_files.stream import MAGIC_BYTES, check_stream
from vidgan._weight_files.tensors import read_safetensors

_ZIP = b"PK\3\4"
_MAX_PICKLE = 64_000_000  # bytes
_FACTS = {"byteorder", "version", ".format_version", ".storage_alignment"}
_FACTS |= {".data/serialization_id", "data.pkl"}


def check_torch_archive(path: Path, *, checksums: bool = True) -> None:
    """Refuse a file unless it is a zip file of ``torch.save`` and holds nothing but weights.

    Args:
        path: the file.
        checksums: whether to compute those of the data; all else is checked in any case.

    Raises:
        CodeInFileError: it calls or builds anything but what weights are made of.
        RefusedFileError: it is damaged.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        _check_archive(file, path.stat().st_size, checksums=checksums)


def read_torch_archive(path: Path) -> Any:
    """Read a zip file of ``torch.save`` onto the CPU, after `check_torch_archive`.

    Raises:
        CodeInFileError, RefusedFileError, OSError: as `check_torch_archive`.
    """
    check_torch_archive(path)
    return _load(path)


def read_weights(path: Path) -> Any:
    """Read a weight file of any format onto the CPU: a zip file or older, or safetensors.

    Raises:
        CodeInFileError: it calls or builds anything but what weights are made of.
        RefusedFileError: it is damaged, or in no such format.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(len(MAGIC_BYTES))
        if start.startswith(_ZIP):
            _check_archive(file, size)
        elif start == MAGIC_BYTES:
            check_stream(file, size)
        elif start[8:9] == b"{":
            return read_safetensors(path)[0]
        else:
            raise RefusedFileError("it is neither a file of torch.save nor a safetensors file")
    return _load(path)


def _load(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except pickle.UnpicklingError as error:
        raise CodeInFileError(str(error).partition("\n")[0]) from error
    except Exception as error:  # what the checks let through may still raise anything
        raise RefusedFileError("torch cannot read it") from error


def _check_archive(file: IO[bytes], size: int, *, checksums: bool = True) -> None:
    entries = read_entries(file, size, checksums=checksums)
    folders = {name.partition("/")[0] for name in entries}
    if len(folders) != 1:
        raise RefusedFileError("its entries are not those of torch.save")
    prefix = folders.pop() + "/"
    inner = {name.removeprefix(prefix): entry for name, entry in entries.items()}
    for name in inner:
        if name not in _FACTS and not name.startswith("data/"):
            raise RefusedFileError(f"its entry {name!r} is none of torch.save's")
    if "data.pkl" not in inner:
        raise RefusedFileError("it has no data.pkl")
    entry = inner["data.pkl"]
    if entry.size > _MAX_PICKLE:
        raise RefusedFileError(f"its pickle has {entry.size} bytes, over {_MAX_PICKLE}")
    file.seek(entry.start)
    program = io.BytesIO(file.read(entry.size))
    _, storages = check_program(program)
    if program.tell() != entry.size:
        raise RefusedFileError("something stands behind its pickle")
    _check_storages(inner, storages)


def _check_storages(inner: dict[str, Entry], storages: dict[str, Storage]) -> None:
    stored = {name.removeprefix("data/"): e for name, e in inner.items() if name[:5] == "data/"}
    for key in storages.keys() | stored.keys():
        if key not in storages or key not in stored:
            raise RefusedFileError(f"its storage {key} is missing, or belongs to no tensor")
        if stored[key].size != storages[key].item_size * storages[key].num_items:
            raise RefusedFileError(f"its storage {key} is not as large as its tensors need")
