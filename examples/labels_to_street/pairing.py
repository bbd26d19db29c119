"""Pairs the files of two folders that show the same frame, however each data set names them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from vidgan.data import frame_name

_TOKEN = re.compile(r"[^\W\d_]+|\d+")  # a run of letters, or one of digits
_LISTED = 3
_Key = tuple[tuple[int, ...], frozenset[str]]


class Listed(NamedTuple):
    """A file of a folder.

    Attributes:
        path: the file.
        folders: the folders between the listed one and the file.
    """

    path: Path
    folders: tuple[str, ...]

    @property
    def frame(self) -> str:
        """Name of the frame, without what tools add to it."""
        return frame_name(self.path)

    @property
    def place(self) -> str:
        """Path of the file below the listed folder."""
        return "/".join((*self.folders, self.path.name))


class Pairs(NamedTuple):
    """The pairs of two folders.

    Attributes:
        found: file of the first folder -> file of the second.
        shared: words and numbers in the names of the first folder that the second has too.
    """

    found: dict[Path, Path]
    shared: set[str]


def pair_files(ours: Sequence[Listed], theirs: Sequence[Listed]) -> Pairs:
    """Pair the files of two folders by the words and numbers of their paths.

    Two files belong together if their paths agree in all numbers, in order, and in all words that
    occur in both folders at all. So ``rgb/Camera_0/rgb_00001.jpg`` belongs to
    ``classSegmentation/Camera_0/classgt_00001.png``: ``rgb``, ``classSegmentation`` and
    ``classgt`` each occur on one side only. A number that all files of one folder have, and none
    of the other, does not count either (``image_02/0000/000001.png``).

    Raises:
        ValueError: two files of a folder belong to the same file of the other.
    """
    our_names, their_names = _Names(ours), _Names(theirs)
    our_files = our_names.by_key(their_names)
    their_files = their_names.by_key(our_names)
    found = {}
    for key in our_files.keys() & their_files.keys():
        for files in (our_files[key], their_files[key]):
            if len(files) > 1:
                raise ValueError(_ambiguous(files[0], files[1]))
        found[our_files[key][0].path] = their_files[key][0].path
    return Pairs(found, our_names.every & their_names.every)


def tokens(text: str) -> list[str]:
    """Split a name into its words and numbers, such as ``Camera_00`` into camera and 00."""
    return _TOKEN.findall(text.casefold())


class _Names:
    """The words and numbers of all paths of a folder; the last number of a name is the frame."""

    def __init__(self, files: Sequence[Listed]) -> None:
        self.files = files
        self._tokens = [_path_tokens(file) for file in files]
        names = [set(before) | set(after) for before, _, after in self._tokens]
        self.every = set().union(*names)
        self.common = set.intersection(*names) if names else set()

    def by_key(self, other: _Names) -> Mapping[_Key, list[Listed]]:
        """Collect the files by what they share with another folder."""
        dropped = {
            token
            for token in self.every - other.every
            if not token.isdecimal() or token in self.common
        }
        found: dict[_Key, list[Listed]] = {}
        for file, (before, frame, after) in zip(self.files, self._tokens, strict=True):
            kept = [token for token in before if token not in dropped]
            kept += [*frame, *(token for token in after if token not in dropped)]
            numbers = tuple(int(token) for token in kept if token.isdecimal())
            words = frozenset(token for token in kept if not token.isdecimal())
            found.setdefault((numbers, words), []).append(file)
        return found


def _path_tokens(file: Listed) -> tuple[list[str], list[str], list[str]]:
    """Split a path into the tokens before its frame number, the number, and those after it."""
    name = tokens(file.frame)
    last = max((i for i, token in enumerate(name) if token.isdecimal()), default=len(name))
    folders = [token for folder in file.folders for token in tokens(folder)]
    return [*folders, *name[:last]], name[last : last + 1], name[last + 1 :]


def _ambiguous(first: Listed, second: Listed) -> str:
    names = first.path.name, second.path.name
    if names[0] == names[1]:
        names = first.place, second.place
    top = Path(*first.path.parts[: len(first.path.parts) - len(first.folders) - 1])
    pattern = ["*" if a == b else a for a, b in zip(first.folders, second.folders, strict=False)]
    repair = ""
    if any(part != "*" for part in pattern):
        repair = f", or name the folders to read, such as '{top.joinpath(*pattern)}'"
    return (
        f"{top} must contain one file per frame, got {names[0]} and {names[1]}; move one of them "
        f"out of it{repair}"
    )


def list_names(names: Sequence[str]) -> str:
    """List the first few of some names, and how many more there are."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
