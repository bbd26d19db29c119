"""Reads the names of the classes, and finds a class by name or id."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from pathlib import Path

from vidgan.conditions import CITYSCAPES_NAMES

CITYSCAPES = "cityscapes"


def read_classes(source: str) -> tuple[str, ...]:
    """Read the names of the classes; the position of a name is its id.

    Args:
        source: ``cityscapes``, or a file: a JSON list of names, or text with one name per line.

    Raises:
        FileNotFoundError: the file does not exist.
        ValueError: the file has no names, or a name twice.
    """
    if source == CITYSCAPES:
        return CITYSCAPES_NAMES
    path = Path(source)
    if not path.is_file():
        raise FileNotFoundError(
            f"classes must be {CITYSCAPES!r}, or a JSON or text file with the names of the "
            f"classes, got {source!r}; there is no such file"
        )
    text = path.read_text("utf-8")
    if path.suffix.lower() == ".json":
        try:
            names = json.loads(text)
        except ValueError as error:
            raise ValueError(f"{path} must be a JSON list of names ({error})") from error
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"{path} must be a JSON list of names, one per class")
    else:
        names = [line.strip() for line in text.splitlines() if line.strip()]
    plain = [_plain(name) for name in names]
    if not names or len(set(plain)) < len(plain):
        twice = next((name for name in names if plain.count(_plain(name)) > 1), None)
        got = "none" if twice is None else f"{twice!r} twice"
        raise ValueError(f"{path} must name each class once, got {got}")
    return tuple(names)


def find_class(text: str, names: Sequence[str]) -> int:
    """Find the id of a class given by its name or its id.

    Case is ignored, and so is the separator of words: a space, ``_`` or ``-``.

    Raises:
        ValueError: there is no such class; the message suggests the most similar name.
    """
    plain = [_plain(name) for name in names]
    if _plain(text) in plain:
        return plain.index(_plain(text))
    if text.strip().isdecimal():
        if int(text) < len(names):
            return int(text)
        raise ValueError(f"there is no class {text.strip()}: the ids are 0 to {len(names) - 1}")
    near = difflib.get_close_matches(_plain(text), plain, n=1, cutoff=0.5)
    hint = f"did you mean {names[plain.index(near[0])]!r}?" if near else ", ".join(names)
    raise ValueError(f"there is no class {text.strip()!r}: {hint}")


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())
