"""Label maps in color, for inspection, and back."""

from __future__ import annotations

import colorsys

import torch
from torch import Tensor

from vidgan._checks import check_at_least, check_shapes
from vidgan.conditions.cityscapes import (
    CITYSCAPES_COLORS,
    CITYSCAPES_NAMES,
    CITYSCAPES_TRAIN_IDS,
)

_GOLDEN = 0.618034  # turns of the color wheel between two colors: none comes back soon
_LISTED = 3


def label_palette(num_classes: int) -> Tensor:
    """Return a color for each class.

    35 classes get the colors of Cityscapes' ids. Otherwise the first 19 are those of Cityscapes'
    training ids (road, sidewalk, building, ...), and further ones walk around the color wheel;
    no two of these are equal up to 300 classes.

    Args:
        num_classes: number of classes, at least 1.

    Returns:
        uint8 RGB, (num_classes, 3).

    Raises:
        ValueError: ``num_classes`` is under 1.

    Example:
        >>> label_palette(2)
        tensor([[128,  64, 128],
                [244,  35, 232]], dtype=torch.uint8)
    """
    check_at_least("label_palette", 1, num_classes=num_classes)
    if num_classes == len(CITYSCAPES_NAMES):
        return torch.tensor(CITYSCAPES_COLORS, dtype=torch.uint8)
    colors = [CITYSCAPES_COLORS[index] for index in CITYSCAPES_TRAIN_IDS]
    for number in range(num_classes - len(colors)):
        # Lightness and saturation go through 3 and 2 steps, so that close hues differ in them.
        hue, light = (number * _GOLDEN) % 1, (0.62, 0.45, 0.78)[number % 3]
        red, green, blue = colorsys.hls_to_rgb(hue, light, (0.85, 0.5)[number // 3 % 2])
        colors.append((round(red * 255), round(green * 255), round(blue * 255)))
    return torch.tensor(colors[:num_classes], dtype=torch.uint8)


def color_labels(labels: Tensor, palette: Tensor) -> Tensor:
    """Color a label map; ids beyond the palette, and negative ones, are black.

    Args:
        labels: integer ids, (..., 1, H, W).
        palette: uint8 RGB of each id, (N, 3), as from `label_palette`.

    Returns:
        uint8 RGB, (..., 3, H, W).

    Raises:
        TypeError: ``labels`` is not an integer tensor, or ``palette`` not uint8.
        ValueError: a wrong shape.

    Example:
        >>> color_labels(torch.tensor([[[0, 1]]]), label_palette(2))[:, 0, 1]
        tensor([244,  35, 232], dtype=torch.uint8)
    """
    check_shapes("color_labels", labels=(labels, "int ... 1 H W"), palette=(palette, "uint8 N 3"))
    ids = labels.long().squeeze(-3)
    black = palette.new_zeros(1, 3)
    colors = torch.cat([palette, black]).to(ids.device)
    ids = torch.where((ids < 0) | (ids >= len(palette)), len(palette), ids)
    return colors[ids].movedim(-1, -3).contiguous()  # (..., H, W, 3) before


def labels_from_colors(picture: Tensor, palette: Tensor) -> Tensor:
    """Read a label map back from its color image; of equal colors the first id counts.

    Args:
        picture: uint8 RGB in colors of the palette, (..., 3, H, W).
        palette: uint8 RGB of each id, (N, 3).

    Returns:
        int64, (..., 1, H, W).

    Raises:
        TypeError: an argument is not uint8.
        ValueError: a wrong shape, or colors that are not in the palette, as from JPEG or from
            smooth brushes.

    Example:
        >>> picture = torch.tensor([244, 35, 232], dtype=torch.uint8).view(3, 1, 1)
        >>> labels_from_colors(picture, label_palette(2))
        tensor([[[1]]])
    """
    check_shapes(
        "labels_from_colors", picture=(picture, "uint8 ... 3 H W"), palette=(palette, "uint8 N 3")
    )
    codes = _codes(picture.movedim(-3, -1))
    labels = torch.full_like(codes, -1)
    known = _codes(palette).to(codes.device)
    for index in range(len(known) - 1, -1, -1):  # the first of equal colors is written last
        labels[codes == known[index]] = index
    if bool((labels < 0).any()):
        raise ValueError(
            "labels_from_colors: picture must hold colors of the palette only, got "
            f"{_list_colors(codes[labels < 0])} of {codes.numel()} pixels; save it as PNG, painted "
            "with a hard brush"
        )
    return labels.unsqueeze(-3)


def _codes(colors: Tensor) -> Tensor:
    """Pack red, green and blue into one number, (..., 3) -> (...)."""
    wide = colors.long()
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]


def _list_colors(codes: Tensor) -> str:
    """Name the first few different colors, and how many pixels have such colors."""
    found = [(c >> 16, c >> 8 & 255, c & 255) for c in torch.unique(codes).tolist()]
    listed = ", ".join(map(str, found[:_LISTED]))
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return f"{listed}{more} (RGB) in {len(codes)}"
