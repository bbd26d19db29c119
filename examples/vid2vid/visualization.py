"""Images and videos for inspection: mp4, PNG frames, contact sheet, grid of a training chunk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torchvision.utils import make_grid

from examples.vid2vid.clips import Clip
from examples.vid2vid.task import Task
from vidgan.extras import import_extra
from vidgan.files import atomic_entries
from vidgan.functional import flow_to_color
from vidgan.outputs import RolloutOutput
from vidgan.video import VideoWriter, to_uint8, write_frame

if TYPE_CHECKING:
    from examples.vid2vid.sequences import DrivingSequence

_VIDEOS = (".mp4", ".m4v", ".mov", ".mkv")
_SMALL = 200  # frames with a shorter side are shown at twice the size
_MARGIN, _GAP, _TEXT = 150, 4, 16  # pixels of the contact sheet


class GeneratedFrame(NamedTuple):
    """A generated frame with its conditions, flow and mask, on the CPU.

    Attributes:
        time: index of the frame in its sequence.
        frame, real: (3, H, W), RGB in [-1, 1]; the real frame is None if unknown.
        condition: image of its conditions, (3, H, W) in [0, 1].
        flow, occlusion_mask: (2, H, W) in pixels and (1, H, W) in [0, 1], or None.
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


class Pace(NamedTuple):
    """How fast frames were generated.

    Attributes:
        frames: number of generated frames.
        frames_per_second: the rate achieved, writing included.
        median: latency in seconds, from a frame's arrival to the generated one, of the last 1000.
        percentile_95: 95th percentile of the latency.
        dropped: frames of a camera that were left out for newer ones.
        repeated: frames without the subject, which repeat the points before.
    """

    frames: int
    frames_per_second: float
    median: float
    percentile_95: float
    dropped: int
    repeated: int

    def __str__(self) -> str:
        rate, latency = f"{self.frames_per_second:.1f} frames/s", f"{1e3 * self.median:.0f} ms"
        latest = f"{1e3 * self.percentile_95:.0f} ms (95th percentile)"
        left = f"{self.dropped} dropped, {self.repeated} repeated"
        return f"{rate}, latency {latency} (median), {latest}, {left}"


class GenerateReport(NamedTuple):
    """The files that were written, the number of frames, and the pace of a live video."""

    video: Path
    sheet: Path
    frames: Path
    num_frames: int
    pace: Pace | None = None


def write_generated(
    steps: Iterable[GeneratedFrame],
    driving: DrivingSequence,
    count: int,
    out: Path,
    *,
    overwrite: bool,
) -> GenerateReport:
    """Write the video, contact sheet and frames of a sequence, each frame as it comes.

    Args:
        steps: the frames in order; a ``LivePlayer`` for a live video, which may have fewer.
        driving: the sequence that drives them.
        count: number of frames.
        out: a folder, or the name of the video.
        overwrite: replace what is there already.

    Raises:
        OSError: the folder cannot be written to, or a camera went away (its frames are written).
    """
    is_video = out.suffix.lower() in _VIDEOS and not out.is_dir()
    root, video = (out.parent, out.name) if is_video else (out, f"{driving.name}.mp4")
    names = [video, f"{Path(video).stem}.png", f"frames/{driving.name}"]
    live: Any = steps if hasattr(steps, "pace") else None
    if live is None:
        steps = import_extra("tqdm", "examples").tqdm(steps, "frames", count, disable=None)
    with atomic_entries(root, names, command="generate", overwrite=overwrite) as temporary:
        write_video_and_sheet(
            steps,
            count=count if live is None else None,
            fps=driving.fps,
            video=temporary / names[0],
            sheet=temporary / names[1],
            frames=temporary / names[2],
        )
    report = GenerateReport(*(root / name for name in names), count)
    if live is None:
        return report
    if live.error is not None:
        raise OSError(f"{live.error}; the {live.frames} frames until then are in {root}")
    return report._replace(num_frames=live.frames, pace=live.pace())
