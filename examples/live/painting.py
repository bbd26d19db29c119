"""A label map as a picture to paint on, and the strokes as classes again."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from vidgan.conditions import color_labels, label_palette

NOTHING = -1
"""Where a painting leaves the label map as it is."""
_CANVAS = 640  # pixels, about what the longer side of a small map is enlarged to
_FAR = 60.0  # RGB levels away from the color of a class: another color, no blurred edge
_NEW_INSTANCE = 900  # number, within its class, of the instance that is painted


class Strokes(NamedTuple):
    """What was painted.

    Attributes:
        labels: class ids, int64 (1, H, W); `NOTHING` where nothing was painted.
        note: about colors of no class; empty if there was none.
    """

    labels: Tensor
    note: str = ""


def enlargement(size: tuple[int, int]) -> int:
    """Return how many pixels of the canvas a pixel of the map becomes, per side."""
    return max(1, round(_CANVAS / max(size)))


def draw_canvas(labels: Tensor, num_classes: int) -> Tensor:
    """Draw a label map, int64 (1, H, W), as the picture that is painted on, uint8 (3, H', W')."""
    factor = enlargement((labels.shape[-2], labels.shape[-1]))
    colored = color_labels(labels, label_palette(num_classes))
    return colored.repeat_interleave(factor, -2).repeat_interleave(factor, -1)


def hex_colors(num_classes: int) -> list[str]:
    """Return the colors of the classes as a web page writes them.

    >>> hex_colors(2)
    ['#804080', '#f423e8']
    """
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in label_palette(num_classes)]


def read_strokes(layers: Tensor, names: tuple[str, ...], size: tuple[int, int]) -> Strokes:
    """Read what was painted above a canvas, each pixel as the class of the nearest color.

    Args:
        layers: uint8 RGBA (N, 4, H', W'), the newest last.
        names: names of the classes.
        size: (H, W) of the label map.

    Raises:
        ValueError: the layers are not those of the canvas.
    """
    factor = enlargement(size)
    wanted = (size[0] * factor, size[1] * factor)
    if tuple(layers.shape[-2:]) != wanted:
        raise ValueError(
            f"the painting must have the size of its canvas, {wanted[1]}x{wanted[0]}, got "
            f"{layers.shape[-1]}x{layers.shape[-2]}; begin again with the button Restart"
        )
    middle = slice(factor // 2, None, factor)
    labels = torch.full((1, *size), NOTHING)
    note = ""
    palette = label_palette(len(names)).float()
    for layer in layers[..., middle, middle]:
        painted = layer[3] > 127
        if not bool(painted.any()):
            continue
        away, nearest = torch.cdist(layer[:3, painted].T.float(), palette).min(1)
        labels[0, painted] = nearest
        far = away > _FAR
        if float(far.float().mean()) > 0.5:
            red, green, blue = layer[:3, painted][:, far][:, 0].tolist()
            note = (
                f"the color #{red:02x}{green:02x}{blue:02x} is of no class: the class of the "
                f"nearest color is taken, {names[int(nearest[far][0])]}"
            )
    return Strokes(labels, note)


def paint_over(annotations: dict[str, Tensor], painting: Tensor) -> dict[str, Tensor]:
    """Lay a painting, int64 (1, H, W), over the label maps of some frames.

    What is painted becomes one instance of its class, where the data have instances.

    >>> below = {"labels": torch.tensor([[[[3, 3]]]]), "instances": torch.tensor([[[[3, 3]]]])}
    >>> paint_over(below, torch.tensor([[[NOTHING, 5]]]))
    {'labels': tensor([[[[3, 5]]]]), 'instances': tensor([[[[   3, 5900]]]])}
    """
    is_painted = painting != NOTHING
    changed = {"labels": torch.where(is_painted, painting, annotations["labels"].long())}
    if "instances" in annotations:
        numbers = painting * 1000 + _NEW_INSTANCE
        changed["instances"] = torch.where(is_painted, numbers, annotations["instances"].long())
    return annotations | changed
