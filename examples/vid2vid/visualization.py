"""Images and videos for inspection: mp4, PNG frames, contact sheet, grid of a training chunk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torchvision.utils import make_grid

from examples.vid2vid.clips import Clip
from examples.vid2vid.task import Task
from vidgan.functional import flow_to_color
from vidgan.outputs import RolloutOutput
from vidgan.video import VideoWriter, to_uint8, write_frame

_SMALL = 200  # frames with a shorter side are shown at twice the size
_MARGIN, _GAP, _TEXT = 150, 4, 16  # pixels of the contact sheet


class GeneratedFrame(NamedTuple):
    """A generated frame with its conditions, flow and mask, on the CPU.

    Attributes:
        time: index of the frame in its sequence.
        frame: (3, H, W), RGB in [-1, 1].
        condition: image of its conditions, (3, H, W) in [0, 1].
        real: the real frame, (3, H, W), or None if unknown.
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
    count: int | None,
    fps: float,
    video: Path,
    sheet: Path,
    frames: Path | None = None,
    columns: int = 6,
) -> None:
    """Write the video, the contact sheet and optionally the frames, one frame at a time.

    Args:
        steps: the generated frames in order; memory does not grow with their number.
        count: number of frames; None if it is not known, as of a camera.
        fps: frames per second of the video.
        video: the .mp4 to write: conditions, generated and, if known, real frames side by side.
        sheet: the contact sheet to write, PNG: ``columns`` frames, evenly spaced (about
            evenly where ``count`` is None).
        frames: folder for the generated frames as 00090.png, ...; None writes none.
        columns: number of columns of the contact sheet.
    """
    picks, spacing = set[int](), 1
    if count is not None:
        picks = set(torch.linspace(0, count - 1, min(columns, count)).round().int().tolist())
    shown: list[GeneratedFrame] = []
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
            if number in picks if count is not None else number % spacing == 0:
                shown.append(step)
            if len(shown) > columns:  # where the count is not known: half as densely from now on
                shown, spacing = shown[::2], 2 * spacing
    contact_sheet(shown).save(sheet)


def contact_sheet(steps: Sequence[GeneratedFrame]) -> Image.Image:
    """Lay out generated frames in a sheet, one column per frame.

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


def chunk_grid(chunk: Clip, output: RolloutOutput, task: Task) -> Tensor:
    """Lay out the first clip of a chunk in a grid, (3, H, W) in [0, 1].

    Rows: conditions, real, generated, hallucinated, warped, flow in color, occlusion mask; one
    column per frame.
    """
    rows = [
        torch.stack([task.visualize(maps) for maps in chunk.conditions[0]]),
        chunk.frames[0] / 2 + 0.5,
        output.frames[0] / 2 + 0.5,
        output.hallucinated[0] / 2 + 0.5,
    ]
    if output.warped is not None and output.flows is not None:
        rows += [output.warped[0] / 2 + 0.5, flow_to_color(output.flows[0].float())]
    if output.occlusion_masks is not None:
        rows.append(output.occlusion_masks[0].expand(-1, 3, -1, -1))
    tiles = torch.cat([row.detach().float().clamp(0, 1) for row in rows])
    return make_grid(tiles, nrow=chunk.frames.shape[1], padding=2)


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
            image = _enlarge(tile, size).permute(1, 2, 0).contiguous().numpy()
            sheet.paste(Image.fromarray(image), (_MARGIN + column * (width + _GAP), y))
    return sheet


def _enlarge(image: Tensor, size: Sequence[int]) -> Tensor:
    """Double uint8 (3, H, W) bicubically where frames of ``size`` are small."""
    if min(size) >= _SMALL:
        return image
    doubled = F.interpolate(image[None].float(), scale_factor=2, mode="bicubic")
    return doubled[0].round().clamp(0, 255).to(torch.uint8)


def _black(step: GeneratedFrame) -> Tensor:
    return torch.zeros_like(step.frame, dtype=torch.uint8)
