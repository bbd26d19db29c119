"""Writing a folder, or several entries of one, so that nothing half-written is ever left."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from vidgan.files._staging import is_there, make, staged
from vidgan.files.listing import visible_entries


@contextmanager
def atomic_folder(
    path: str | os.PathLike[str],
    *,
    mark: str,
    overwrite: bool = False,
    command: str | None = None,
    function: str = "atomic_folder",
) -> Iterator[Path]:
    """Yield a temporary folder, moved to ``path`` when the block succeeds.

    When the block raises, or Ctrl-C stops it, everything is as before: parents made for the folder
    are removed too, and a folder to be replaced is still there. A folder that appears at
    ``path`` meanwhile is treated like one that was there from the start. A folder that is empty
    but for hidden files (see `is_hidden`) may be there already; these are kept.

    Args:
        path: the folder to make; parents are made where missing.
        mark: a file that distinguishes a folder made by the caller from any other.
        overwrite: replace ``path`` if it contains ``mark``.
        command: name of a command whose user reads the messages: they start with it, and
            name its options ``--out`` and ``--overwrite`` in place of the arguments.
        function: name of the caller, the first word of the messages without a command.

    Yields:
        The temporary folder, which has the name of ``path``.

    Raises:
        FileExistsError: ``path`` exists and is not to be, or must not be, replaced.
        OSError: the folder cannot be made.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "data"
        >>> with atomic_folder(path, mark="dataset.json") as folder:
        ...     _ = (folder / "dataset.json").write_text("{}")
        ...     path.exists()
        False
        >>> path.exists()
        True
    """
    path = Path(path)
    caller, argument = command or function, "--out" if command else "path"

    def check() -> None:
        if not is_there(path) or _is_empty(path):
            return
        is_own = path.is_dir() and (path / mark).is_file()
        if not overwrite:
            replacing = ", or --overwrite it" if command else ", or pass overwrite=True"
            raise FileExistsError(
                f"{caller}: {path} exists already; choose another {argument}"
                f"{replacing if is_own else ''}"
            )
        if not is_own:
            raise FileExistsError(
                f"{caller}: {path} is not overwritten: it is no folder with {mark}; "
                f"choose another {argument}"
            )

    complaint = f"{caller}: cannot write into {path.parent}"
    with staged(path.parent, [path.name], check, complaint) as folder:
        (folder / path.name).mkdir()
        yield folder / path.name
        if is_there(path) and _is_empty(path):
            shutil.copytree(path, folder / path.name, symlinks=True, dirs_exist_ok=True)


@contextmanager
def atomic_entries(
    root: str | os.PathLike[str],
    names: Sequence[str],
    *,
    overwrite: bool = False,
    command: str | None = None,
) -> Iterator[Path]:
    """Yield a temporary folder whose entries move into ``root`` when the block succeeds.

    All of them move, or none. When the block or a move fails, everything is as before:
    folders made for the entries are removed again, and replaced entries are back.

    Args:
        root: the folder to write into; made where missing.
        names: files or folders that the block writes, relative to ``root``.
        overwrite: replace what is there already.
        command: name of a command whose user reads the messages: they start with it, and
            name its options ``--out`` and ``--overwrite`` in place of the arguments.

    Yields:
        The temporary folder.

    Raises:
        FileExistsError: one of ``names`` exists already, without ``overwrite``.
        FileNotFoundError: the block did not write one of ``names``.
        OSError: ``root`` cannot be made or written to.
        ValueError: one of ``names`` does not lie in ``root``.

    Example:
        >>> import tempfile
        >>> root = Path(tempfile.mkdtemp())
        >>> with atomic_entries(root, ["a.txt", "more/b.txt"]) as folder:
        ...     _ = (folder / "a.txt").write_text("a")
        ...     (folder / "more").mkdir()
        ...     _ = (folder / "more" / "b.txt").write_text("b")
        >>> sorted(path.name for path in root.iterdir())
        ['a.txt', 'more']
    """
    root = Path(root)
    caller = command or "atomic_entries"
    for name in names:
        if Path(name).is_absolute() or ".." in Path(name).parts or not Path(name).parts:
            raise ValueError(f"{caller}: names must be relative paths inside root, got {name!r}")

    def check() -> None:
        taken = [root / name for name in names if is_there(root / name)]
        if taken and not overwrite:
            repair = (
                "another --out, or --overwrite" if command else "other names, or overwrite=True"
            )
            raise FileExistsError(f"{caller}: {taken[0]} exists; give {repair}")

    with staged(root, names, check, f"{caller}: cannot write to the folder {root}") as folder:
        yield folder


def make_folder(path: str | os.PathLike[str], *, function: str = "make_folder") -> list[Path]:
    """Make a folder with its parents, unless it exists.

    Args:
        path: the folder.
        function: name of the caller, the first word of the message.

    Returns:
        The folders that were made, deepest first; when a later step fails, the caller can remove
        these and leaves alone what was there.

    Raises:
        OSError: it cannot be made; nothing is left of its parents then.

    Example:
        >>> import tempfile
        >>> root = Path(tempfile.mkdtemp())
        >>> [folder.name for folder in make_folder(root / "runs" / "first")]
        ['first', 'runs']
        >>> make_folder(root / "runs")
        []
    """
    return make(Path(path), f"{function}: cannot write to the folder {path}")


def _is_empty(path: Path) -> bool:
    """Whether it is a folder of nothing but hidden files."""
    return path.is_dir() and not visible_entries(path)
