"""Editing what is driven: classes exchanged by name, and label maps painted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from examples.labels_to_street.classes import find_class
from vidgan.conditions import label_palette, labels_from_colors
from vidgan.video import image_size, read_frame, read_labels

_LISTED = 5


def parse_replacements(texts: Sequence[str], names: Sequence[str]) -> dict[int, int]:
    """Read exchanges such as ``vegetation=building`` or ``8=2``, for `replace_classes`.

    Args:
        texts: one exchange each; the class on the left becomes the one on the right.
        names: of the classes.

    Returns:
        id -> the id that takes its place.

    Raises:
        ValueError: a text is no exchange, or names no class; the nearest name is suggested.
    """
    replacements: dict[int, int] = {}
    for text in texts:
        old, equals, new = text.partition("=")
        if not equals or not old.strip() or not new.strip():
            raise ValueError(
                "an exchange of classes must read OLD=NEW, such as vegetation=building, got "
                f"{text!r}"
            )
        try:
            before, after = find_class(old, names), find_class(new, names)
        except ValueError as error:
            raise ValueError(f"{text!r}: {error}") from error
        if replacements.get(before, after) != after:
            raise ValueError(f"{names[before]!r} is exchanged for two classes; choose one")
        replacements[before] = after
    return replacements


def read_painted_labels(
    path: Path, names: Sequence[str], size: tuple[int, int], *, ignore: int | None = None
) -> Tensor:
    """Read a label map that was painted or edited by hand.

    A picture in color is read by the colors of `label_palette`, in which ``conditions/`` of a
    data folder is painted. A picture with one channel holds class ids. One with a palette of its
    own is read by its colors where all of them are in `label_palette`, since paint programs
    reorder their palettes, and by its indices otherwise.

    Args:
        path: a PNG.
        names: of the classes.
        size: (H, W) that it must have.
        ignore: id of pixels without a class.

    Returns:
        Class ids, int64 (1, H, W).

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no PNG, has another size, ids that are no class, or colors that no class
            has.
    """
    found = image_size(path)
    if found != size:
        raise ValueError(f"{path} must have the size (H, W) = {size} of the data, got {found}")
    with Image.open(path) as image:
        kind, mode = image.format, image.mode
    if kind != "PNG":
        raise ValueError(f"{path} must be a PNG, got {kind}: its colors are not exact")
    palette = label_palette(len(names))
    try:
        if mode in ("RGB", "RGBA"):
            return labels_from_colors(read_frame(path), palette)
        if mode == "P" and _in_palette(read_frame(path), palette):
            return labels_from_colors(read_frame(path), palette)
        labels = read_labels(path)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    wrong = [i for i in torch.unique(labels).tolist() if i >= len(names) and i != ignore]
    if wrong:
        listed = ", ".join(map(str, wrong[:_LISTED])) + (", ..." if len(wrong) > _LISTED else "")
        raise ValueError(
            f"{path} has ids that are no class: {listed}; the classes are 0 to {len(names) - 1}"
        )
    return labels


def _in_palette(picture: Tensor, palette: Tensor) -> bool:
    """Say whether all colors of a picture (3, H, W) are in the palette (N, 3)."""
    colors = torch.unique(picture.flatten(1).T, dim=0)
    return bool((colors[:, None] == palette).all(2).any(1).all())
