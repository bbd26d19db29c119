"""Recognizes points that are not in pixels, or not x first, before anything is made from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor

PointUnit = Literal["pixels", "unit", "signed", "unclear", "swapped", "outside"]
"""The unit of points, explained in `PointUnits`.

>>> from typing import get_args
>>> get_args(PointUnit)[0]
'pixels'
"""

_LARGEST_SHARE = 2.0  # a face or body of fewer pixels than this is none
_FEWEST = 3  # points needed to tell
_MOSTLY = 0.9  # of the frames in which eyes and neck or chin are seen
_SIDEWAYS = 2.0  # how many times as wide as high a head stands if x and y are swapped
# Eyes (right, left), and what is above and below: the 68 landmarks, and the 137 keypoints.
_HEADS = {
    68: (slice(36, 42), slice(42, 48), slice(17, 27), slice(8, 9)),
    137: (slice(15, 16), slice(16, 17), slice(0, 1), slice(1, 2)),
}
_REPAIRS = {
    "unit": "multiply x by the width minus 1 and y by the height minus 1",
    "signed": "add 1, and multiply x by half the width minus 1 and y by half the height minus 1",
    "unclear": "convert them to pixels",
    "swapped": "write x before y",
    "outside": "scale them to the size of the frames",
}


class PointUnits(NamedTuple):
    """The unit of some points.

    Attributes:
        unit: "pixels"; "unit": shares of the frame, all in [0, 1]; "signed": in [-1, 1];
            "unclear": other numbers too small for pixels; "swapped": y stands before x;
            "outside": most points are outside the frame.
        found: the range of x and y, in words.
        repair: how they become pixels, in words; empty for pixels.

    Example:
        >>> point_units(torch.rand(4, 68, 2), (96, 128)).unit
        'unit'
    """

    unit: PointUnit
    found: str
    repair: str


def point_units(points: Tensor, size: Sequence[int]) -> PointUnits:
    """Find the unit of points, from all frames of a sequence together.

    Points in [0, 1] or [-1, 1] cover no more than one or two pixels of a frame, which no face or
    body does. With y before x, a head is mirrored and lies on its side: from the nose to the neck
    (from the brows to the chin) it goes to the right, and from the right eye to the left one
    downwards. This is asked of 68 landmarks and of 137 keypoints, where it can be seen.

    Args:
        points: (T, N, 2), or (T, N, 3) with confidence; points of confidence 0, and without
            confidence frames whose points are all 0, do not count.
        size: (H, W) of the frames.

    Returns:
        The unit; "pixels" where there are too few points to tell.

    Example:
        >>> points = torch.tensor([[[0.25, 0.5, 0.9], [0.75, 0.6, 0.9], [0.5, 0.9, 0.9]]])
        >>> print(*point_units(points, (96, 128)), sep="; ")
        unit; x 0.25 to 0.75, y 0.5 to 0.9; multiply x by the width minus 1 and y by the height ...
    """
    counted = _counts(points)
    places = points[..., :2][counted].double()
    if len(places) < _FEWEST or min(size) <= _LARGEST_SHARE:
        return PointUnits("pixels", "", "")
    (left, top), (right, bottom) = places.amin(0).tolist(), places.amax(0).tolist()
    unit = _unit(places, size)
    if unit == "pixels" and _is_swapped(points, counted):
        unit = "swapped"
    found = f"x {left:.4g} to {right:.4g}, y {top:.4g} to {bottom:.4g}"
    return PointUnits(unit, found, _REPAIRS.get(unit, ""))


def points_to_pixels(points: Tensor, size: Sequence[int], unit: PointUnit) -> Tensor:
    """Convert points in "unit" or "signed" (see `PointUnits`) to pixels.

    0 (or -1) is the center of the first pixel, and 1 that of the last one, as OpenPose scales them.

    Args:
        points: (..., N, 2), or (..., N, 3) with confidence; a point of confidence 0 stays.
        size: (H, W) of the frames.
        unit: the unit; "pixels" stay as they are.

    Returns:
        The points in pixels, of the same shape.

    Raises:
        ValueError: another unit.

    Example:
        >>> points_to_pixels(torch.tensor([[0.5, 1.0, 0.9]]), (5, 9), "unit")
        tensor([[4.0000, 4.0000, 0.9000]])
        >>> points_to_pixels(torch.tensor([[-1.0, 0.0]]), (5, 9), "signed")
        tensor([[0., 2.]])
    """
    if unit == "pixels":
        return points
    if unit not in ("unit", "signed"):
        raise ValueError(
            f"points_to_pixels: unit must be 'pixels', 'unit' or 'signed', got {unit!r}"
        )
    last = points.new_tensor([size[1] - 1, size[0] - 1])
    places = points[..., :2] if unit == "unit" else (points[..., :2] + 1) / 2
    moved = torch.cat([places * last, points[..., 2:]], dim=-1)
    if points.shape[-1] == 2:
        return moved
    return torch.where(points[..., 2:] > 0, moved, points)


def _counts(points: Tensor) -> Tensor:
    if points.shape[-1] == 3:
        return points[..., 2] > 0
    return (points != 0).any(-1).any(-1, keepdim=True).expand(points.shape[:-1])


def _unit(places: Tensor, size: Sequence[int]) -> PointUnit:
    low, high = float(places.min()), float(places.max())
    if high <= _LARGEST_SHARE and low >= -_LARGEST_SHARE:
        if low >= 0 and high <= 1:
            return "unit"
        # Shares of a frame that are a little below 0 lie beside it; in [-1, 1] most frames have
        # points in all four quarters.
        if low >= -1 and high <= 1 and low < -0.25:
            return "signed"
        return "unclear"
    limit = places.new_tensor([size[1], size[0]])
    outside = ((places < -0.5) | (places > limit - 0.5)).any(1)
    return "outside" if float(outside.double().mean()) > 0.5 else "pixels"


def _is_swapped(points: Tensor, counted: Tensor) -> bool:
    parts = _HEADS.get(points.shape[-2])
    if parts is None:
        return False
    seen = torch.stack([counted[:, part].all(1) for part in parts]).all(0)
    if not bool(seen.any()):
        return False
    right, left, above, below = (points[seen][:, part, :2].double().mean(1) for part in parts)
    eyes, down = left - right, below - above
    is_mirrored = eyes[:, 0] * down[:, 1] - eyes[:, 1] * down[:, 0] < 0
    is_sideways = down[:, 0] > _SIDEWAYS * down[:, 1].abs()
    return float((is_mirrored & is_sideways).double().mean()) >= _MOSTLY
