"""Entries are written into a temporary folder and moved to their places together."""

from __future__ import annotations

import errno
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

REPAIR = "choose a folder that you may write to"


@contextmanager
def staged(
    root: Path, names: Sequence[str], check: Callable[[], None], complaint: str
) -> Iterator[Path]:
    """Yield a folder next to the targets; its entries ``names`` move into ``root`` at the end.

    ``check`` raises where a target must not be replaced.
    """
    check()
    temporary = root / hidden_name(Path(names[0]).name if names else "")
    made = make(temporary, complaint)
    new, old = temporary / "new", temporary / "old"
    try:
        new.mkdir()
        old.mkdir()
        yield new
        absent = [name for name in names if not is_there(new / name)]
        if absent:
            raise FileNotFoundError(f"{complaint}: the block did not make {absent[0]}")
        check()  # what appeared while the block ran is not deleted either
        with ExitStack() as undo:
            for number, name in enumerate(names):
                target, aside = root / name, old / str(number)
                undo.callback(_remove_empty, make(target.parent, complaint))
                if is_there(target):
                    target.rename(aside)
                    undo.callback(aside.rename, target)
                (new / name).rename(target)
                undo.callback(target.rename, new / name)
            undo.pop_all()
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        _remove_empty([old, *made])  # old is not empty only where an entry could not be put back


def make(path: Path, complaint: str) -> list[Path]:
    """Make a folder and its parents; return those that were made, deepest first."""
    made: list[Path] = []
    try:
        for folder in reversed((path, *path.parents)):
            if not folder.is_dir() and _mkdir(folder):
                made.insert(0, folder)
    except OSError as error:
        _remove_empty(made)
        raise type(error)(f"{complaint} ({error.strerror}); {REPAIR}") from error
    return made


def _mkdir(folder: Path) -> bool:
    """Make ``folder`` unless somebody else has just done so, and return whether it was made."""
    try:
        folder.mkdir()
    except FileExistsError:
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "Not a directory") from None
        return False
    return True


def _remove_empty(folders: Sequence[Path]) -> None:
    """Remove the folders, deepest first, as far as they are empty."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def hidden_name(name: str) -> str:
    """Return a name that no file has yet."""
    return f".{name}.{secrets.token_hex(4)}.part"


def is_temporary(name: str) -> bool:
    """Whether a file of this name was to be renamed when it was complete."""
    return re.fullmatch(r"\..*\.[0-9a-f]{8}\.part(\..*)?", name) is not None


def is_there(path: Path) -> bool:
    """Whether there is a file, a folder or a link, even a broken one."""
    return path.exists() or path.is_symlink()
