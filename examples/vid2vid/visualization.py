"""A generated video as things to look at: mp4, PNG frames, contact sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from vidgan.functional import flow_to_color
from vidgan.video import VideoWriter, to_uint8, write_frame

_SMALL = 200  # frames with a shorter side are shown twice as large
_MARGIN, _GAP, _TEXT = 150, 4, 16  # pixels of the contact sheet


class GeneratedFrame(NamedTuple):
    """A generated frame and what belongs to it, on the CPU.

    Attributes:
        time: index of the frame in its sequence.
        frame: (3, H, W), RGB in [-1, 1].
        condition: a picture of what it was generated from, (3, H, W) in [0, 1].
        real: (3, H, W), or None where it is not known.
        flow: backward flow in pixels, (2, H, W), or None.
        occlusion_mask: (1, H, W) in [0, 1], or None.
    """

    time: int
    frame: Tensor
    condition: Tensor
    real: Tensor | None = None
    flow: Tensor | None = None
    occlusion_mask: Tensor | None = None


def write_video_and_sheet(
    steps: Iterable[GeneratedFrame],
    *,
    count: int,
    fps: float,
    video: Path,
    sheet: Path,
    frames: Path | None = None,
    columns: int = 6,
) -> None:
    """Write what was generated, one frame at a time.

    Args:
        steps: the generated frames in order; memory does not grow with their number.
        count: how many there are.
        fps: frames a second of the video.
        video: the .mp4 to write: conditions, generated and, if known, real frames side by side.
        sheet: the contact sheet to write, PNG: ``columns`` frames, evenly spaced.
        frames: a folder for the generated frames as 00090.png, ...; None writes none.
        columns: of the contact sheet.
    """
    picks = set(torch.linspace(0, count - 1, min(columns, count)).round().int().tolist())
    shown = []
    if frames is not None:
        frames.mkdir(parents=True, exist_ok=True)
    with VideoWriter(video, fps) as writer:
        with_real = None
        for number, step in enumerate(steps):
            with_real = step.real is not None if with_real is None else with_real
            panels = [to_uint8(step.condition * 2 - 1), to_uint8(step.frame)]
            if with_real:
                panels.append(_black(step) if step.real is None else to_uint8(step.real))
            writer.write(_enlarge(torch.cat(panels, 2), step.frame.shape[-2:]))
            if frames is not None:
                write_frame(frames / f"{step.time:05d}.png", step.frame)
            if number in picks:
                shown.append(step)
    contact_sheet(shown).save(sheet)


def contact_sheet(steps: Sequence[GeneratedFrame]) -> Image.Image:
    """Lay out frames in columns.

    Rows: conditions, generated, real (if known), flow in color and occlusion mask (if the
    generator has them).
    """
    rows: list[tuple[str, list[Tensor]]] = [
        ("conditions", [to_uint8(step.condition * 2 - 1) for step in steps]),
        ("generated", [to_uint8(step.frame) for step in steps]),
    ]
    if any(step.real is not None for step in steps):
        reals = [_black(step) if step.real is None else to_uint8(step.real) for step in steps]
        rows.append(("real", reals))
    flows = [step.flow for step in steps if step.flow is not None]
    if flows:
        vectors = torch.stack(flows)
        colors = (flow_to_color(vectors) * 255).round().to(torch.uint8)
        longest = float(torch.linalg.vector_norm(vectors, dim=1).max())
        rows.append((f"flow\n(full color:\n{longest:.1f} pixels)", list(colors)))
    masks = [step.occlusion_mask for step in steps if step.occlusion_mask is not None]
    if masks:
        tiles = [to_uint8(mask * 2 - 1).expand(3, -1, -1) for mask in masks]
        rows.append(("occlusion mask\n(white: new,\nblack: warped)", tiles))
    return _lay_out(rows, [f"frame {step.time}" for step in steps])


def _lay_out(rows: Sequence[tuple[str, list[Tensor]]], titles: Sequence[str]) -> Image.Image:
    size = rows[0][1][0].shape[-2:]
    height, width = _enlarge(rows[0][1][0], size).shape[-2:]
    top = _TEXT + 2 * _GAP
    sheet = Image.new(
        "RGB",
        (_MARGIN + len(titles) * (width + _GAP), top + len(rows) * (height + _GAP)),
        "white",
    )
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(_TEXT)
    for column, title in enumerate(titles):
        draw.text((_MARGIN + column * (width + _GAP), _GAP), title, "black", font)
    for row, (name, tiles) in enumerate(rows):
        y = top + row * (height + _GAP)
        draw.text((_GAP, y), name, "black", font)
        for column, tile in enumerate(tiles):
            picture = _enlarge(tile, size).permute(1, 2, 0).contiguous().numpy()
            sheet.paste(Image.fromarray(picture), (_MARGIN + column * (width + _GAP), y))
    return sheet


def _enlarge(image: Tensor, size: Sequence[int]) -> Tensor:
    """Double uint8 (3, H, W) bicubically where frames of ``size`` are small."""
    if min(size) >= _SMALL:
        return image
    doubled = F.interpolate(image[None].float(), scale_factor=2, mode="bicubic")
    return doubled[0].round().clamp(0, 255).to(torch.uint8)


def _black(step: GeneratedFrame) -> Tensor:
    return torch.zeros_like(step.frame, dtype=torch.uint8)
