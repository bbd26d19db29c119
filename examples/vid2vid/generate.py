"""Generate a video from its annotations alone with a trained run.

    python -m examples.vid2vid.generate runs/carphone data/carphone --out videos/carphone

The network sees L given frames first (L = 2: the frames start-2 and start-1), then nothing but the
annotations (landmarks, labels, keypoints) of the frames that it is to generate and its own last
frames.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from examples.vid2vid.cli import require, run_cli
from examples.vid2vid.data import open_data
from examples.vid2vid.load import Generator, Weights, load_run
from examples.vid2vid.rendering import GeneratedFrame, write_video_and_sheet
from examples.vid2vid.sequences import DrivingSequence, frame_range
from examples.vid2vid.staging import staged
from vidgan.rollout import StreamingGenerator

Precision = Literal["float32", "bfloat16"]
_VIDEOS = (".mp4", ".m4v", ".mov", ".mkv")


class GenerateReport(NamedTuple):
    """What was written."""

    video: Path
    sheet: Path
    frames: Path
    num_frames: int


def generate_frames(
    generator: Generator,
    sequence: DrivingSequence,
    start: int,
    frames: int,
    *,
    first: DrivingSequence | None = None,
    precision: Precision = "float32",
) -> Iterator[GeneratedFrame]:
    """Generate ``frames`` frames from ``start`` on, one at a time with constant memory.

    Args:
        generator: in eval mode; L is its ``past_frames``.
        sequence: what drives it. Its real frames start-L to start-1 are given; where it has none,
            the generator makes its own first frame.
        start: index of the first frame to generate.
        frames: how many.
        first: a sequence whose L first frames and conditions are given instead.
        precision: ``"bfloat16"`` computes under autocast.

    Yields:
        The frames in order, on the CPU, with their parts.
    """
    device = next(generator.parameters()).device
    stream = StreamingGenerator(generator)
    stream.reset(*(_given(generator, sequence, start, first) or ()))
    for index in range(start, start + frames):
        maps = sequence.maps(range(index, index + 1))
        condition, mask = maps.conditions, maps.foreground_masks
        autocast = torch.autocast(device.type, torch.bfloat16)
        with autocast if precision == "bfloat16" else nullcontext():
            output = stream.step_with_parts(
                condition.to(device), foreground_mask=None if mask is None else mask.to(device)
            )
        yield GeneratedFrame(
            index,
            output.frame[0].float().cpu(),
            sequence.task.picture(condition[0]),
            sequence.real(index),
            None if output.flow is None else output.flow[0].float().cpu(),
            None if output.occlusion_mask is None else output.occlusion_mask[0].float().cpu(),
        )


def _given(
    generator: Generator,
    sequence: DrivingSequence,
    start: int,
    first: DrivingSequence | None,
) -> tuple[Tensor, Tensor] | None:
    """Read the given frames and their conditions; None where not all of them are known."""
    count = generator.past_frames
    source, indices = (sequence, range(start - count, start))
    if first is not None:
        source, indices = first, range(count)
    if first is None and not sequence.has_real(indices):
        return None
    if source.data.size != sequence.data.size:
        raise ValueError(
            f"{source.data.path} must have frames of the size (H, W) = {sequence.data.size} of "
            f"{sequence.data.path}, got {source.data.size}; prepare both with the same --size"
        )
    device = next(generator.parameters()).device
    frames, conditions = source.real_frames(indices), source.conditions(indices)
    return frames[None].to(device), conditions[None].to(device)


def generate(
    run: Path,
    data: Path,
    /,
    *,
    out: Path,
    start: int | None = None,
    frames: int | None = None,
    sequence: str | None = None,
    first_frames: Path | None = None,
    weights: Weights = "averaged",
    precision: Precision = "float32",
    overwrite: bool = False,
) -> GenerateReport:
    """Generate a video from the annotations of a prepared data folder.

    Writes the video (conditions, generated and, if known, real frames side by side), a contact
    sheet as PNG, and the generated frames as frames/SEQUENCE/00090.png; all of them, or nothing.

    Args:
        run: Folder of the trained run, or a checkpoint file.
        data: Prepared data folder with the annotations; it needs no real frames.
        out: A folder to write SEQUENCE.mp4 and the rest into, or the name of the .mp4.
        start: First frame to generate; by default the first that the run was not trained on.
        frames: Number of frames; by default all that follow.
        sequence: Name of the sequence, where the data folder has several.
        first_frames: Another prepared data folder, whose first frames the network is given.
        weights: The weights averaged over the training, or the last ones.
        precision: bfloat16 is faster on hardware made for it.
        overwrite: Replace a video that is there already.
    """
    folder = open_data(data)
    driving = DrivingSequence(folder, sequence)
    first = None if first_frames is None else _first_sequence(first_frames)
    trained = load_run(run, folder, weights=weights)
    begin, count = frame_range(driving, trained.config, start, frames, first=first)
    past = trained.config.model.past_frames
    if first is None and not driving.has_real(range(begin - past, begin)):
        print(
            f"note: {data} has no real frames before frame {begin}, so the network makes its "
            "first frame by itself; give it real ones with --first-frames",
            file=sys.stderr,
        )
    is_video = out.suffix.lower() in _VIDEOS and not out.is_dir()
    root, video = (out.parent, out.name) if is_video else (out, f"{driving.name}.mp4")
    report = GenerateReport(
        root / video, root / f"{Path(video).stem}.png", root / "frames" / driving.name, count
    )
    names = [str(path.relative_to(root)) for path in report[:3]]
    with staged(root, names, command="generate", overwrite=overwrite) as temporary:
        steps = generate_frames(
            trained.generator, driving, begin, count, first=first, precision=precision
        )
        write_video_and_sheet(
            require("tqdm").tqdm(steps, "frames", count, disable=None),
            count=count,
            fps=folder.fps,
            video=temporary / names[0],
            sheet=temporary / names[1],
            frames=temporary / names[2],
        )
    return report


def _first_sequence(path: Path) -> DrivingSequence:
    data = open_data(path)
    return DrivingSequence(data, next(iter(data.sequences), None))


def main() -> None:
    report = require("tyro").cli(generate, prog="examples.vid2vid.generate")
    print(f"wrote {report.num_frames} frames: {report.video}, {report.sheet}, {report.frames}")


if __name__ == "__main__":
    run_cli(main)
