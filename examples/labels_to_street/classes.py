"""Classes of label maps: their names, ids and colors, and a class by its name or id."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from vidgan.conditions import (
    CITYSCAPES_COLORS,
    CITYSCAPES_FOREGROUND,
    CITYSCAPES_NAMES,
    CITYSCAPES_TRAIN_IDS,
)
from vidgan.files import read_json, read_text

CITYSCAPES = "cityscapes"
_LICENSE_PLATE = "license plate"  # the last id of Cityscapes; KITTI-360 gives it to garages
_VEHICLE = "unknown vehicle"
_MORE_OF_KITTI_360 = (
    *("garage", "gate", "stop", "smallpole", "lamp", "trash bin", "vending machine", "box"),
    *("unknown construction", _VEHICLE, "unknown object"),
)
_SEPARATOR, _NUMBER = r"[\s,;:]+", r"(\d{1,3})"
_THREE_NUMBERS = _SEPARATOR.join([_NUMBER] * 3)
_COLOR_FIRST = re.compile(rf"{_THREE_NUMBERS}{_SEPARATOR}(.+)")  # CamVid: 64 128 64  Animal
_NAME_FIRST = re.compile(
    rf"(.+?){_SEPARATOR}{_THREE_NUMBERS}[\s,;:]*"
)  # Virtual KITTI: Road 100 60 100


class ClassSet(NamedTuple):
    """The classes that the ids or colors of label maps stand for.

    Attributes:
        names: of the classes; the position of a name is its id.
        colors: RGB of each class, or None if there are only ids.
        ignore: id of pixels without a class, or None.
        foreground: ids of the classes that move by themselves.
        only_colors: label maps contain colors, even if they are palette images.
    """

    names: tuple[str, ...]
    colors: tuple[tuple[int, int, int], ...] | None = None
    ignore: int | None = None
    foreground: tuple[int, ...] = ()
    only_colors: bool = False


def _known_sets() -> dict[str, ClassSet]:
    """Class sets of data sets that come without a file of names."""
    cityscapes = ClassSet(
        CITYSCAPES_NAMES, tuple(CITYSCAPES_COLORS), foreground=tuple(CITYSCAPES_FOREGROUND)
    )
    train_ids = tuple(CITYSCAPES_TRAIN_IDS)
    moving = [train_ids.index(i) for i in CITYSCAPES_FOREGROUND if i in train_ids]
    train = ClassSet(
        tuple(CITYSCAPES_NAMES[index] for index in train_ids),
        tuple(CITYSCAPES_COLORS[index] for index in train_ids),
        ignore=255,
        foreground=tuple(moving),
    )
    plain = tuple(name for name in CITYSCAPES_NAMES if name != _LICENSE_PLATE)
    kitti_360 = ClassSet(
        (*plain, *_MORE_OF_KITTI_360),
        foreground=(*CITYSCAPES_FOREGROUND, len(plain) + _MORE_OF_KITTI_360.index(_VEHICLE)),
    )
    more = {
        "static": (110, 190, 160),
        "dynamic": (170, 120, 50),
        "other": (55, 90, 80),
        "water": (45, 60, 150),
        "road line": (157, 234, 50),
        "ground": (81, 0, 81),
        "bridge": (150, 100, 100),
        "rail track": (230, 150, 140),
        "guard rail": (180, 165, 180),
    }
    carla = ClassSet(
        ("unlabeled", *train.names, *more),
        ((0, 0, 0), *(CITYSCAPES_COLORS[index] for index in train_ids), *more.values()),
        foreground=tuple(index + 1 for index in moving),
    )
    return {
        CITYSCAPES: cityscapes,
        "cityscapes-train": train,
        "kitti-step": train,
        "kitti-360": kitti_360,
        "carla": carla,
    }


KNOWN_SETS = _known_sets()


def read_class_set(source: str) -> ClassSet:
    """Read the classes of a data set.

    Args:
        source: a known set, such as ``cityscapes``, or a file: a JSON list of names; a JSON object
            of names and ids, as VSPW has; text with one name per line; or text with a name and
            the red, green and blue of its color per line, in either order, as CamVid and Virtual
            KITTI have.

    Raises:
        FileNotFoundError: the file does not exist.
        ValueError: the file has no names, or a name twice.
    """
    if source in KNOWN_SETS:
        return KNOWN_SETS[source]
    path = Path(source)
    if not path.is_file():
        known = ", ".join(KNOWN_SETS)
        raise FileNotFoundError(
            f"classes must be one of {known}, or a JSON or text file with the names of the "
            f"classes, got {source!r}; there is no such file"
        )
    is_json = path.suffix.lower() == ".json"
    found = _from_json(path) if is_json else _from_text(read_text(path))
    plain = [_plain(name) for name in found.names]
    if not found.names or len(set(plain)) < len(plain):
        twice = next((name for name in found.names if plain.count(_plain(name)) > 1), None)
        got = "none" if twice is None else f"{twice!r} twice"
        raise ValueError(f"{path} must name each class once, got {got}")
    return found


def read_classes(source: str) -> tuple[str, ...]:
    """Read the names of the classes, as `read_class_set`; the position of a name is its id."""
    return read_class_set(source).names


def _from_json(path: Path) -> ClassSet:
    try:
        names = read_json(path)
    except ValueError as error:
        raise ValueError(f"{path} must be a JSON list of names ({error})") from error
    if isinstance(names, dict) and all(str(value).isdecimal() for value in names.values()):
        # Ids without a name are classes too, or the others would not keep theirs.
        by_id = {int(value): name for name, value in names.items() if int(value) != 255}
        every = range(max(by_id, default=-1) + 1)
        return ClassSet(
            tuple(by_id.get(index, f"unlabeled {index}") for index in every), ignore=255
        )
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(
            f"{path} must be a JSON list of names, one per class, or a JSON object of names and ids"
        )
    return ClassSet(tuple(names))


def _from_text(text: str) -> ClassSet:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    named = [found for found in map(_named_color, lines) if found]
    # The first line may be a heading.
    if named and len(named) >= len([line for line in lines[1:] if not line.startswith("#")]):
        names, colors = zip(*named, strict=True)
        return ClassSet(tuple(names), tuple(colors), only_colors=True)
    return ClassSet(tuple(lines))


def _named_color(line: str) -> tuple[str, tuple[int, int, int]] | None:
    """Read a name and its color from a line, or None if it is another."""
    if match := _COLOR_FIRST.fullmatch(line):
        *numbers, name = match.groups()
    elif match := _NAME_FIRST.fullmatch(line):
        name, *numbers = match.groups()
    else:
        return None
    red, green, blue = map(int, numbers)
    return (name, (red, green, blue)) if max(red, green, blue) <= 255 else None


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
