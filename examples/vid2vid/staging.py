"""Writing several files of a command so that all of them appear, or none."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def staged(
    root: Path, names: Sequence[str], *, command: str, overwrite: bool = False
) -> Iterator[Path]:
    """Give a temporary folder whose entries move into ``root`` when the block succeeds.

    When the block raises, everything is as before: folders made for it are removed too.

    Args:
        root: the folder to write into; made where missing.
        names: files or folders that the block writes, relative to ``root``.
        command: first word of the messages.
        overwrite: replace what is there already.

    Yields:
        The temporary folder.

    Raises:
        FileExistsError: one of ``names`` is there already, without ``overwrite``.
        OSError: ``root`` cannot be made or written to.
    """
    taken = [root / name for name in names if (root / name).exists()]
    if taken and not overwrite:
        raise FileExistsError(f"{command}: {taken[0]} exists; give another --out, or --overwrite")
    new = [folder for folder in (root, *root.parents) if not folder.exists()]  # deepest first
    temporary = root / f".{command}.{secrets.token_hex(4)}.part"
    try:
        make_folder(temporary, root, command)
        yield temporary
        for number, name in enumerate(names):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            if (root / name).is_dir():
                (root / name).rename(temporary / f".replaced{number}")
            (temporary / name).replace(root / name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        for folder in new:
            with suppress(OSError):  # it is not empty: the block succeeded
                folder.rmdir()


def make_folder(folder: Path, root: Path, command: str) -> None:
    """Make ``folder``, which is ``root`` or lies in it, with its parents.

    Raises:
        OSError: it cannot be made; the text names ``command`` and ``root``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=folder == root)
    except OSError as error:
        raise type(error)(
            f"{command}: cannot write to the folder {root} ({error.strerror}); "
            "choose a folder that you may write to"
        ) from error
