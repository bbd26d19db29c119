"""Writing a data folder so that nothing half-written is ever left."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def new_folder(out: Path, *, overwrite: bool, mark: str) -> Iterator[Path]:
    """Give a temporary folder beside ``out``; it takes that name when the block succeeds.

    When the block raises, or Ctrl-C stops it, everything made here is removed again.

    Args:
        out: the folder to make.
        overwrite: replace ``out`` if it holds ``mark``, or nothing.
        mark: a file that tells a folder made here from any other.

    Raises:
        FileExistsError: ``out`` exists and is not to be, or must not be, replaced.
        OSError: the folder cannot be made.
    """
    out = Path(out)
    if out.exists():
        if not overwrite:
            raise FileExistsError(f"{out} exists already; choose another --out, or --overwrite it")
        if not out.is_dir() or (any(out.iterdir()) and not (out / mark).is_file()):
            raise FileExistsError(
                f"{out} is not overwritten: it is no folder with {mark}; choose another --out"
            )
    made = [parent for parent in out.parents if not parent.exists()]
    temporary, old = (
        out.parent / f".{out.name}.{secrets.token_hex(4)}.{n}" for n in ("part", "old")
    )
    try:
        try:
            temporary.mkdir(parents=True)
        except OSError as error:
            raise type(error)(
                f"cannot write into {out.parent} ({error.strerror}); choose an --out that you may "
                "write to"
            ) from error
        yield temporary
        if out.exists():
            out.rename(old)
        temporary.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if not out.exists():
            for parent in made:
                with suppress(OSError):
                    parent.rmdir()
