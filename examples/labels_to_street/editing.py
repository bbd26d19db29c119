"""Label editing: replaces classes by name, and reads label maps painted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from examples.labels_to_street.classes import find_class
from examples.vid2vid.task import Edit
from vidgan.conditions import label_palette, labels_from_colors, replace_classes
from vidgan.data import DataFolder
from vidgan.files import visible_files
from vidgan.video import image_size, read_frame, read_labels

_LISTED = 5


def build_edit(
    data: DataFolder, names: Sequence[str], replace: Sequence[str], paint: Path | None
) -> Edit:
    """Build the requested edit of label maps.

    Args:
        data: the prepared folder.
        names: of its classes.
        replace: classes to replace, such as ``vegetation=building``.
        paint: a label map to use for all frames, or a folder of label maps named like frames
            (00012.png).

    Returns:
        The edit.

    Raises:
        FileNotFoundError: the label map does not exist.
        ValueError: a class is unknown, or a label map does not fit.
    """
    replacements = parse_replacements(replace, names)
    painted = _painted(paint, names, data)

    def edit(annotations: dict[str, Tensor], indices: range) -> dict[str, Tensor]:
        labels = annotations["labels"].clone()
        for t, index in enumerate(indices):
            labels[t] = painted.get(index, painted.get(None, labels[t]))
        if replacements:
            labels = replace_classes(labels, replacements)
        return {**annotations, "labels": labels}

    return edit


def _painted(
    paint: Path | None, names: Sequence[str], data: DataFolder
) -> dict[int | None, Tensor]:
    """Read painted label maps by frame index; the one at None is for all frames."""
    if paint is None:
        return {}
    ignore = data.facts.get("ignore")
    if not paint.is_dir():
        return {None: read_painted_labels(paint, names, data.size, ignore=ignore)}
    files = visible_files(paint, (".png",))
    wrong = [file.name for file in files if not file.stem.isdecimal()]
    if wrong or not files:
        raise ValueError(
            f"{paint} must contain label maps named like frames, such as 00012.png, got "
            f"{', '.join(wrong[:5]) or 'none'}"
        )
    return {
        int(file.stem): read_painted_labels(file, names, data.size, ignore=ignore) for file in files
    }


def parse_replacements(texts: Sequence[str], names: Sequence[str]) -> dict[int, int]:
    """Parse replacements such as ``vegetation=building`` or ``8=2``, for `replace_classes`.

    Args:
        texts: one replacement each; the class on the left becomes the one on the right.
        names: names of the classes.

    Returns:
        id -> the id that replaces it.

    Raises:
        ValueError: a text is not of the form OLD=NEW, or names an unknown class; the message
            suggests the most similar name.
    """
    replacements: dict[int, int] = {}
    for text in texts:
        old, equals, new = text.partition("=")
        if not equals or not old.strip() or not new.strip():
            raise ValueError(
                f"an exchange of classes must read OLD=NEW, such as {names[0]}={names[-1]}, got "
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

    A color image is read by the colors of `label_palette`, which ``conditions/`` of a data folder
    uses; black is no class there, if the data have such pixels. An image with one channel contains
    class ids. An indexed image is read by its colors if all of them are known, since paint programs
    reorder palettes, and by its indices otherwise.

    Args:
        path: a PNG.
        names: names of the classes.
        size: required (H, W).
        ignore: id of pixels without a class.

    Returns:
        Class ids, int64 (1, H, W).

    Raises:
        FileNotFoundError: the file does not exist.
        ValueError: the file is not a PNG, or has another size, ids that are not classes, or
            colors that are not in the palette.
    """
    found = image_size(path)
    if found != size:
        raise ValueError(f"{path} must have the size (H, W) = {size} of the data, got {found}")
    with Image.open(path) as image:
        kind, mode = image.format, image.mode
    if kind != "PNG":
        raise ValueError(f"{path} must be a PNG, got {kind}: its colors are not exact")
    palette = label_palette(len(names))
    if ignore is not None:
        palette = torch.cat([palette, palette.new_zeros(1, 3)])  # as `color_labels` draws them
    try:
        if mode in ("RGB", "RGBA") or (mode == "P" and _in_palette(read_frame(path), palette)):
            labels = labels_from_colors(read_frame(path), palette)
            return labels if ignore is None else torch.where(labels < len(names), labels, ignore)
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


def _in_palette(image: Tensor, palette: Tensor) -> bool:
    """Return whether all colors of an image (3, H, W) are in the palette (N, 3)."""
    colors = torch.unique(image.flatten(1).T, dim=0)
    return bool((colors[:, None] == palette).all(2).any(1).all())
