"""Contact sheets: videos as labeled rows of one picture."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from einops import rearrange
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn.functional import pad

from vidgan._checks import check_shapes
from vidgan.functional import flow_to_color
from vidgan.video.images import to_uint8

_FONT_SIZE = 12
_MARGIN, _BORDER = 4, 2


def contact_sheet(rows: Mapping[str, Tensor]) -> Tensor:
    """Arrange videos as the rows of one picture, one column per frame, labels at the left.

    Args:
        rows: label -> video of T frames (T, C, H, W), T, H and W being the same for all: RGB in
            [-1, 1] with 3 channels, flow in pixels with 2, a mask or map in [0, 1] with 1.

    Returns:
        uint8 (3, H', W'), for `write_frame`. Every tile has a border of 2 pixels.

    Raises:
        TypeError: a video is not a floating-point tensor.
        ValueError: there is no row, or a shape does not fit.

    Example:
        >>> rows = {"frames": torch.zeros(5, 3, 16, 24), "flow": torch.zeros(5, 2, 16, 24)}
        >>> sheet = contact_sheet(rows)
        >>> sheet.dtype, sheet.shape[1], sheet.shape[2] > 5 * 26 + 2
        (torch.uint8, 38, True)
    """
    if not rows:
        raise ValueError("contact_sheet: rows must have at least one video, got none")
    tiles = []
    first = next(iter(rows.values()))
    for label, video in rows.items():
        check_shapes("contact_sheet", **{label: (video, "T C H W")})
        expected = (first.shape[0], first.shape[2], first.shape[3])
        if video.shape[1] not in (1, 2, 3) or (len(video), *video.shape[2:]) != expected:
            raise ValueError(
                f"contact_sheet: {label!r} must have 1, 2 or 3 channels and the T, H and W of the "
                f"first row, {expected}, got {tuple(video.shape)}"
            )
        tiles.append(_to_rgb(video.detach().cpu().float()))
    # Each tile has its border at the left and the top, the sheet also at the right and the bottom.
    bordered = pad(to_uint8(torch.stack(tiles)), (_BORDER, 0, _BORDER, 0))
    grid = pad(rearrange(bordered, "R T C H W -> C (R H) (T W)"), (0, _BORDER, 0, _BORDER))
    row_height = first.shape[-2] + _BORDER
    return torch.cat([_draw_labels(list(rows), grid.shape[1], row_height), grid], 2)


def _to_rgb(video: Tensor) -> Tensor:
    if video.shape[1] == 2:
        return flow_to_color(video) * 2 - 1
    return video if video.shape[1] == 3 else video.expand(-1, 3, -1, -1) * 2 - 1


def _draw_labels(labels: list[str], height: int, row_height: int) -> Tensor:
    """Draw the labels in white on black, each at the middle of its row."""
    font = ImageFont.load_default(_FONT_SIZE)
    width = max(int(font.getlength(label)) for label in labels) + 2 * _MARGIN
    image = Image.new("L", (width, height))
    draw = ImageDraw.Draw(image)
    for index, label in enumerate(labels):
        middle = 1 + (index + 0.5) * row_height
        draw.text((_MARGIN, middle), label, fill=255, font=font, anchor="lm")
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return pixels.view(1, height, width).expand(3, -1, -1)
