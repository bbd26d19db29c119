"""The format of ``torch.save`` before torch 1.6: five pickles, then the storages."""

from __future__ import annotations

import os
import struct
from typing import IO

from vidgan._weight_files.program import check_program, plain
from vidgan._weight_files.stand_ins import RefusedFileError

_PROTOCOL = 1001
_MAX_STORAGES = 10_000
MAGIC_BYTES = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."


def check_stream(file: IO[bytes], size: int) -> None:
    """Refuse a file in the older format unless its pickles are harmless and account for its bytes.

    Args:
        file: the file, open for reading.
        size: its size in bytes.

    Raises:
        CodeInFileError: it calls or builds anything but what weights are made of.
        RefusedFileError: it is damaged.
    """
    file.seek(len(MAGIC_BYTES))  # the caller knows the file by them
    protocol, _ = check_program(file)
    if protocol != _PROTOCOL:
        raise RefusedFileError(f"it has the version {protocol!r} of the format before torch 1.6")
    check_program(file)  # facts of the machine that wrote it
    _, storages = check_program(file)
    keys = plain(check_program(file)[0])
    if not isinstance(keys, list) or sorted(map(str, keys)) != sorted(storages):
        raise RefusedFileError("its list of storages is damaged")
    if len(keys) > _MAX_STORAGES:
        raise RefusedFileError(f"it has {len(keys)} storages, over {_MAX_STORAGES}")
    for key in keys:
        storage = storages[str(key)]
        header = file.read(8)
        if len(header) < 8 or struct.unpack("<q", header)[0] != storage.num_items:
            raise RefusedFileError(f"the size of its storage {key} is damaged, or it is cut off")
        file.seek(storage.num_items * storage.item_size, os.SEEK_CUR)
        if file.tell() > size:
            raise RefusedFileError("it is cut off")
    if file.tell() != size:
        raise RefusedFileError("something stands behind its end")
