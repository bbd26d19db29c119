"""The format of ``torch.save`` before torch 1.6: five pickles, then the storages."""

from __future__ import annotations

import mmap
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
    # unlike a file's, the reads of a mapping end where it ends, whatever lengths a pickle claims
    with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as mapped:
        mapped.seek(len(MAGIC_BYTES))  # the caller knows the file by them
        protocol, _ = check_program(mapped, max_steps=10)
        if protocol != _PROTOCOL:
            raise RefusedFileError("it has another version of the format before torch 1.6")
        check_program(mapped, max_steps=1000)  # facts of the machine that wrote it
        _, storages = check_program(mapped)
        keys = plain(check_program(mapped, max_steps=5 * _MAX_STORAGES)[0])
        if not isinstance(keys, list) or sorted(map(str, keys)) != sorted(storages):
            raise RefusedFileError("its list of storages is damaged")
        if len(keys) > _MAX_STORAGES:
            raise RefusedFileError(f"it has {len(keys)} storages, over {_MAX_STORAGES}")
        end = mapped.tell()
        for key in keys:
            number = storages[str(key)].num_items
            if mapped[end : end + 8] != struct.pack("<Q", number):
                raise RefusedFileError(f"the size of its storage {key} is damaged")
            end += 8 + number * storages[str(key)].item_size
            if end > size:
                raise RefusedFileError("it is cut off")
        if end != size:
            raise RefusedFileError("something stands behind its end")
