"""Condition maps of a body: a DensePose map and the skeleton drawn in colors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from torch import Tensor

from vidgan._checks import check_at_least, check_choice, check_shapes
from vidgan.conditions._keypoints import COUNTS, FACE_COUNTS, check_near, keypoint_array
from vidgan.conditions._landmarks import check_size
from vidgan.conditions._random import draw_kept
from vidgan.conditions._strokes import Bytes, Floats, Integers, Pen, Strokes, draw_strokes
from vidgan.conditions.densepose import densepose_maps
from vidgan.conditions.pose_layout import POSE_STROKES, Stroke

PosePart = Literal["body", "head", "hands", "face"]
"""What `pose_skeleton` can draw; the head is the limbs from the nose to the ears."""

_PARTS: tuple[PosePart, ...] = get_args(PosePart)
_SHARE = 180  # the recorded drawings: limbs of 6 pixels in frames 1080 high
_LIMB_PASSES, _LINE_PASSES = 6, 2  # their limbs are 6 pixels wide, fingers and face lines 2


def pose_line_widths(size: Sequence[int]) -> tuple[int, int]:
    """Choose widths of limbs and of lines (fingers, face) that suit a size, in pixels.

    Limbs are 1/180 of the shorter side wide, and at least 2; lines a third of a limb, and at
    least 1. So frames 1080 high have the published 6 and 2, 512 high 3 and 1, 128 high 2 and 1.

    Args:
        size: (H, W).

    Returns:
        Width of limbs, width of lines.

    Raises:
        ValueError: ``size`` is no such pair of whole numbers of at least 1.

    Example:
        >>> pose_line_widths((1080, 1920)), pose_line_widths((128, 96))
        ((6, 2), (2, 1))
    """
    limb = max(2, round(min(check_size(size, "pose_line_widths")) / _SHARE))
    return limb, max(1, round(limb / 3))


def pose_skeleton(
    keypoints: Tensor,
    size: tuple[int, int],
    *,
    parts: Collection[PosePart] = _PARTS,
    limb_width: int | None = None,
    line_width: int | None = None,
    drop_probability: float = 0.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draw skeletons in colors on black, as in pose to body.

    Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__.

    The strokes of `POSE_STROKES` are drawn in their order. Limbs and fingers are drawn between
    points with confidence above 0.01 and have round ends; a line of the face is drawn where all
    its points have more than 0.1. A stroke on black has its color in full. One that meets an
    earlier one is mixed with what is below; each of the brush's touches halves the difference to
    its color, so that it prevails where it is long and fades at its ends. What lies outside the
    image is cut off. Drawn on the CPU.

    Args:
        keypoints: (137, 3) or (T, 137, 3): x, y in pixels, and confidence; 25 of the body
            (BODY_25), 70 of the face, 21 of the left and 21 of the right hand.
        size: (H, W) of the image.
        parts: what is drawn of "body", "head" (limbs from nose to ears), "hands" and "face".
        limb_width: of body limbs, in pixels; None: `pose_line_widths`.
        line_width: of fingers and face lines, in pixels; None: `pose_line_widths`.
        drop_probability: each stroke is left out with this probability, in all T frames alike;
            0.05 in the published training.
        generator: samples what is left out.

    Returns:
        uint8 RGB, (3, H, W) or (T, 3, H, W), on the device of ``keypoints``.

    Raises:
        TypeError: ``keypoints`` is no real-valued tensor.
        ValueError: wrong shape, NaN, points that count and lie farther outside the image than its
            size; a wrong size, part, width or probability; no generator.

    Example:
        >>> keypoints = torch.zeros(137, 3)
        >>> keypoints[[1, 8]] = torch.tensor([[20.0, 10.0, 1.0], [20.0, 40.0, 1.0]])
        >>> pose_skeleton(keypoints, (48, 64))[:, 25, 20]
        tensor([153,   0,   0], dtype=torch.uint8)
    """
    size = check_size(size, "pose_skeleton")
    points = keypoint_array(keypoints, "pose_skeleton")
    check_near(points, size, "pose_skeleton")
    for part in parts:
        check_choice(part, _PARTS, "pose_skeleton", "parts")
    limb, line = pose_line_widths(size)
    limb = limb if limb_width is None else limb_width
    line = line if line_width is None else line_width
    check_at_least("pose_skeleton", 1, limb_width=limb, line_width=line)
    pens = (
        Pen(limb, limb, _LIMB_PASSES),
        Pen(line, line, _LINE_PASSES),
        Pen(line, 0, _LINE_PASSES),
    )
    pen_of_part = {"body": 0, "head": 0, "hands": 1, "face": 2}
    kept = draw_kept(len(POSE_STROKES), drop_probability, generator, "pose_skeleton")
    shown = [
        stroke for stroke, k in zip(POSE_STROKES, kept, strict=True) if k and stroke.part in parts
    ]
    segments = _segments(shown, pen_of_part)
    canvas = np.zeros((len(points), *size, 3), dtype=np.uint8)
    for frame, out in zip(points, canvas, strict=True):
        _draw(out, frame, segments, pens)
    maps = torch.from_numpy(canvas).permute(0, 3, 1, 2).contiguous()
    return (maps if keypoints.dim() == 3 else maps[0]).to(keypoints.device)


def pose_condition_maps(
    keypoints: Tensor,
    size: tuple[int, int],
    *,
    densepose: Tensor | None = None,
    parts: Collection[PosePart] = _PARTS,
    limb_width: int | None = None,
    line_width: int | None = None,
    drop_probability: float = 0.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draw what a body generator sees: the DensePose map, if there is one, and the skeleton.

    Args:
        keypoints: (137, 3) or (T, 137, 3), as in `pose_skeleton`.
        size: (H, W) of the image.
        densepose: uint8, (3, H, W) or (T, 3, H, W), as in `densepose_maps`; None leaves it out.
        parts: as in `pose_skeleton`, and so are ``limb_width`` and ``line_width``.
        limb_width: see there.
        line_width: see there.
        drop_probability: each stroke of the skeleton, and each part of the DensePose map, is
            left out with this probability, in all T frames alike.
        generator: samples what is left out.

    Returns:
        float32 in [-1, 1], -1 where nothing is drawn, (C, H, W) or (T, C, H, W): C = 3, the
        skeleton, or C = 6, the DensePose map first.

    Raises:
        TypeError, ValueError: as in `pose_skeleton` and `densepose_maps`, or the two do not fit.

    Example:
        >>> pose_condition_maps(torch.zeros(2, 137, 3), (48, 64)).shape
        torch.Size([2, 3, 48, 64])
    """
    skeleton = pose_skeleton(
        keypoints,
        size,
        parts=parts,
        limb_width=limb_width,
        line_width=line_width,
        drop_probability=drop_probability,
        generator=generator,
    )
    maps = skeleton.float().div_(127.5).sub_(1)
    if densepose is None:
        return maps
    fitting = " ".join(map(str, maps.shape))
    check_shapes(
        "pose_condition_maps", densepose=(densepose, f"any {fitting}", "to fit the skeleton")
    )
    body = densepose_maps(densepose, drop_probability=drop_probability, generator=generator)
    return torch.cat([body.to(maps.device), maps], dim=-3)


class _Segments(NamedTuple):
    """The straight strokes of a person, between two points each."""

    points: Integers  # (2, S)
    colors: Floats  # (S, 3)
    pens: Integers  # (S,)
    lines: list[tuple[slice, list[int]]]  # of the face: their segments and all their points


def _segments(strokes: Sequence[Stroke], pen_of_part: Mapping[str, int]) -> _Segments:
    pairs: list[tuple[int, int]] = []
    colors, pens, lines = [], [], []
    for stroke in strokes:
        count = len(stroke.points) - 1
        if stroke.part == "face":
            lines.append((slice(len(pairs), len(pairs) + count), [*stroke.points]))
        pairs += [*zip(stroke.points[:-1], stroke.points[1:], strict=True)]
        colors += [stroke.color] * count
        pens += [pen_of_part[stroke.part]] * count
    points = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    shades = np.array(colors, dtype=np.float64).reshape(-1, 3)
    return _Segments(points, shades, np.array(pens, dtype=np.int64), lines)


def _draw(canvas: Bytes, points: Floats, segments: _Segments, pens: Sequence[Pen]) -> None:
    """Draw one person, as far as its points count."""
    place, confidence = points[:, :2], points[:, 2]
    first, last = segments.points
    shown = np.minimum(confidence[first], confidence[last]) > COUNTS
    for part, line in segments.lines:
        shown[part] = confidence[line].min() > FACE_COUNTS
    strokes = Strokes(
        place[first[shown]], place[last[shown]], segments.colors[shown], segments.pens[shown]
    )
    draw_strokes(canvas, strokes, pens)
